/**
 * The upload service killed with SIGKILL in the middle of parallel uploads, by a client that resumes as ours does: it asks
 * what is missing, and sends that. Fifty times, at moments that a generator with a fixed seed chooses; with declared sizes, and with
 * chunks of any size of which nothing was declared, so that most of them wait in files of their own.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, createWorld, freePort, until } from "@video-backend/testing";

const uploads = 5;
const killsPerUpload = 10;
const chunkBytes = 96 * 1024;
const totalChunks = 120;
const atOnce = 6;
/** So many at most are acknowledged between two kills, so that the last kill still finds something to do. */
const mostBetweenKills = 9;

const root = join(import.meta.dirname, "..", "..");

test("fifty kills at any moment cost no acknowledged chunk, and every file arrives as it is", async () => {
  await using world = createWorld();
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const nobody = `http://127.0.0.1:${freePort()}`;
  const { next: random } = createRandom(20_261);
  const source = new Uint8Array(chunkBytes * (totalChunks - 1) + 4321).map(() => random() * 256);
  let service: Bun.Subprocess | undefined;
  let isKilled = false;

  async function start(): Promise<void> {
    isKilled = false;
    service = Bun.spawn([process.execPath, "--no-orphans", "apps/upload/main.ts"], {
      cwd: root,
      env: {
        ...process.env,
        UPLOAD_PORT: String(port),
        STORAGE_DIR: world.directory,
        LOG_LEVEL: "error",
        METADATA_URL: nobody,
        TRANSCODING_URL: nobody,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    await until("upload answers", () =>
      fetch(`${url}/health`).then(
        (response) => response.ok,
        () => false,
      ),
    );
  }
  async function kill(): Promise<void> {
    isKilled = true;
    service?.kill("SIGKILL");
    await service?.exited;
  }
  world.defer(kill);

  const post = async (path: string, json: object) => {
    const headers = { "content-type": "application/json" };
    return (await fetch(`${url}/upload/${path}`, { method: "POST", headers, body: JSON.stringify(json) })).json();
  };
  const missingOf = async (id: string) =>
    ((await (await fetch(`${url}/upload/${id}`)).json()) as { missing: number[] }).missing;

  /** Sends what is missing, some at a time in a shuffled order, until all is there or the service dies. */
  async function send(
    id: string,
    ends: readonly number[],
    acknowledged: Set<number>,
    onAcknowledged: () => void,
  ): Promise<void> {
    const missing = await missingOf(id);
    expect(missing.filter((index) => acknowledged.has(index))).toEqual([]);
    const waiting = missing.sort(() => random() - 0.5).values();
    const sender = async () => {
      for (const index of waiting) {
        const body = source.slice(ends[index - 1] ?? 0, ends[index]);
        const sent = await fetch(`${url}/upload/${id}/chunks/${index}`, { method: "PUT", body });
        expect(sent.status).toBe(200);
        acknowledged.add(index);
        onAcknowledged();
      }
    };
    const results = await Promise.allSettled(Array.from({ length: atOnce }, sender));
    const broken = results.find((result) => result.status === "rejected");
    if (broken) throw broken.reason;
  }

  await start();
  let kills = 0;
  for (let upload = 0; upload < uploads; upload++) {
    const isDeclared = upload % 2 === 0;
    const equal = Array.from({ length: totalChunks }, (_, index) => Math.min(source.length, (index + 1) * chunkBytes));
    const ends = isDeclared ? equal : equal.map((end, index) => end - (index % 7) * 1000).with(-1, source.length);
    const { upload_id: id } = (await post("init", {
      filename: `film-${upload}.mp4`,
      total_chunks: totalChunks,
      ...(isDeclared && { file_size: source.length, chunk_size: chunkBytes }),
    })) as { upload_id: string };
    const acknowledged = new Set<number>();
    for (let time = 0; time < killsPerUpload; time++) {
      let left = 1 + Math.floor(random() * mostBetweenKills);
      const delayMilliseconds = random() * 8;
      const sending = send(id, ends, acknowledged, () => {
        if (--left === 0) setTimeout(kill, delayMilliseconds);
      });
      const end = await sending.catch((error: unknown) => {
        if (!isKilled) throw error;
        return "killed";
      });
      expect(end).toBe("killed");
      await service?.exited;
      kills++;
      await start();
    }
    await send(id, ends, acknowledged, () => {});
    expect(await post("complete", { upload_id: id })).toEqual({ hash: id });
    expect(Buffer.compare(readFileSync(world.path("originals", id, `film-${upload}.mp4`)), source)).toBe(0);
  }
  expect(kills).toBe(50);
}, 300_000);
