/**
 * The file of keys that services on one machine share when nothing is set. Whichever starts first makes it; the name
 * appears by `link`, which never replaces, so that two that start at once end up with one and the same key.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { checkedKeys, type PlaybackKey, playbackKey } from "./playback-key.ts";

const KeyFile = z.object({ keys: z.array(z.object({ kid: z.string(), secret: z.string() })) });
type KeyFile = z.infer<typeof KeyFile>;

/**
 * The keys in the file, which is made with one key of 32 random bytes where there is none. Readable by its owner alone.
 *
 * @throws Error with a sentence that names the file and nothing of its content
 */
export async function openKeyFile(path: string): Promise<PlaybackKey[]> {
  try {
    return parse(await readOrCreate(path, newKeyFile));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot use the keys of playback tokens in ${path}; PLAYBACK_KEYS may hold them instead: ${reason}`,
    );
  }
}

function newKeyFile(): string {
  const key = { kid: randomBytes(4).toString("hex"), secret: randomBytes(32).toString("base64url") };
  return `${JSON.stringify({ keys: [key] } satisfies KeyFile, null, 2)}\n`;
}

/** The text of a file that several processes may create at once: all of them get the text of the first. */
export async function readOrCreate(path: string, create: () => string): Promise<string> {
  const text = await readIfThere(path);
  if (text !== null) return text;
  const temporary = `${path}.${randomUUID()}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeDurably(temporary, create());
    await link(temporary, path).catch((error) => {
      if (error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(path, "utf8");
}

/** A key that a power cut takes back would make every token that was given out worthless. */
async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** The parser's own errors quote what they cannot read. */
function parse(text: string): PlaybackKey[] {
  const { success, data } = KeyFile.safeParse(parseJson(text));
  if (!success) throw new Error('it is not of the form {"keys":[{"kid":"…","secret":"…"}]}');
  return checkedKeys(data.keys.map(({ kid, secret }) => playbackKey(kid, secret)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
