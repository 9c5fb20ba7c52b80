/**
 * Which upload a file was begun under, so that an interrupted run is taken up by the next. A file is the same as long as
 * its path, size and time of change are; a changed one is uploaded anew.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf } from "@video-backend/service";
import { z } from "zod";

/** What makes a file the same one, sent to the same place. */
export interface FileIdentity {
  /** Absolute. */
  path: string;
  sizeBytes: number;
  modifiedAtMs: number;
  uploadUrl: string;
}

export interface RememberedUploads {
  find(file: FileIdentity): Promise<string | null>;
  remember(file: FileIdentity, uploadId: string): Promise<void>;
  forget(file: FileIdentity): Promise<void>;
}

const Entries = z.record(z.string(), z.object({ upload_id: z.string(), begun_at: z.string() }));
type Entries = z.infer<typeof Entries>;

/** Where a machine keeps what is worth keeping, by the XDG convention. */
export function stateFile(environment: Record<string, string | undefined>): string {
  const home = environment.XDG_STATE_HOME || join(homedir(), ".local", "state");
  return join(home, "video-backend", "uploads.json");
}

/** Kept in this file, which is read before each use, since another run may have written it. */
export function openRememberedUploads(path: string): RememberedUploads {
  async function change(make: (entries: Entries) => void): Promise<void> {
    const entries = await readEntries(path);
    make(entries);
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, `${JSON.stringify(entries, null, 2)}\n`);
    await rename(temporary, path);
  }
  return {
    find: async (file) => (await readEntries(path))[keyOf(file)]?.upload_id ?? null,
    remember: (file, upload_id) =>
      change((entries) => {
        entries[keyOf(file)] = { upload_id, begun_at: new Date().toISOString() };
      }),
    forget: (file) =>
      change((entries) => {
        delete entries[keyOf(file)];
      }),
  };
}

const keyOf = (file: FileIdentity) => JSON.stringify([file.path, file.sizeBytes, file.modifiedAtMs, file.uploadUrl]);

async function readEntries(path: string): Promise<Entries> {
  try {
    return Entries.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new Error(`${path} cannot be read; remove it to upload anew: ${messageOf(error)}`, { cause: error });
  }
}
