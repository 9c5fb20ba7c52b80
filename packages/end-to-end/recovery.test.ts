/** What must not be lost: kill -9 in the middle, deletion in the middle, hostile names. */
import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { databaseFiles, segmentPath } from "@video-backend/storage/layout";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { inspectStream } from "./inspect-stream.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const longClip = { seconds: 40, width: 1280, height: 720 };

async function statusOf(system: System, videoId: string) {
  const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
  return (await response.json()) as { overall: string; progress: number };
}

/** Every file below a folder with its inode and time; a file that was made again has others. */
async function filesBelow(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const entries = await Promise.all(names.map(async (name) => [name, await stat(join(folder, name))] as const));
  return new Map(
    entries.filter(([, found]) => found.isFile()).map(([name, found]) => [name, `${found.ino} ${found.mtimeMs}`]),
  );
}

/** The files of the segments that have a row in the ledger, by path in the video's folder. A file without a row does not count. */
async function segmentsInLedger(storage: string, videoId: string): Promise<Map<string, string>> {
  using database = new Database(join(storage, databaseFiles.transcoding), { readonly: true });
  const rows = database
    .query<{ rendition: string; index: number }, [string]>(
      `SELECT rendition, position AS "index" FROM segments WHERE video_id = ? AND bytes > 0`,
    )
    .all(videoId);
  const files = await filesBelow(join(storage, "hls", videoId));
  return new Map(
    rows.map(({ rendition, index }) => {
      const path = segmentPath(rendition, index);
      return [path, files.get(path) ?? "missing"];
    }),
  );
}

/** Command lines of the processes that have this text in them. */
async function processesWith(text: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const lines = await Promise.all(
    ids.map((id) =>
      Bun.file(`/proc/${id}/cmdline`)
        .text()
        .catch(() => ""),
    ),
  );
  return lines.filter((line) => line.includes(text));
}

test("kill -9 of the transcoding service in the middle: it finishes, and nothing in the ledger is made again", async () => {
  await using world = createWorld();
  await using system = await startSystem();
  const videoId = await uploadFile(system, await makeClip(world.path("clip.mp4"), longClip), 4);
  await until("something is made", async () => (await statusOf(system, videoId)).progress > 15);
  await system.kill("transcoding");
  await until("its ffmpeg is gone", async () =>
    (await processesWith(system.storage)).every((line) => !line.includes("ffmpeg")),
  );
  const made = await segmentsInLedger(system.storage, videoId);
  expect(made.size).toBeGreaterThan(0);

  await system.start("transcoding");
  await until("it is done", async () => (await statusOf(system, videoId)).overall === "ok", 120);
  const after = await segmentsInLedger(system.storage, videoId);
  for (const [path, file] of made) expect(after.get(path)).toBe(file);
}, 200_000);

test("kill -9 at twenty random moments: the tree is whole and no segment in the ledger is made again", async () => {
  await using world = createWorld();
  await using system = await startSystem();
  const videoId = await uploadFile(system, await makeClip(world.path("clip.mp4"), { ...longClip, seconds: 60 }), 4);
  const isDone = async () => (await statusOf(system, videoId)).overall === "ok";
  const first = new Map<string, string>();
  for (let kill = 1; kill <= 20; kill++) {
    // Each second kill comes after a new segment, the others while the service starts or makes its first one.
    const isMade = async () => (await segmentsInLedger(system.storage, videoId)).size > first.size;
    if (kill % 2 === 0) await until("a segment is made", async () => (await isMade()) || (await isDone()), 60);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
    await system.kill("transcoding");
    for (const [path, file] of await segmentsInLedger(system.storage, videoId)) {
      expect([path, file]).not.toEqual([path, "missing"]);
      expect([path, first.get(path) ?? file]).toEqual([path, file]);
      first.set(path, file);
    }
    await system.start("transcoding");
  }
  expect(first.size).toBeGreaterThan(0);
  await until("it is done", isDone, 240);
  const after = await segmentsInLedger(system.storage, videoId);
  for (const [path, file] of first) expect(after.get(path)).toBe(file);
  const { videos, audios } = await inspectStream(`${system.url.streaming}/stream/${videoId}/master.m3u8`);
  expect(videos).toHaveLength(3);
  for (const rung of videos) expect([rung.frames, rung.listedSeconds, rung.decodeErrors]).toEqual([1500, 60, []]);
  expect(audios[0]?.decodeErrors).toEqual([]);
  expect((await readdir(join(system.storage, "transcoding"))).length).toBe(0);
}, 600_000);

test("deleting in the middle leaves no process, file, row or folder, also later", async () => {
  await using world = createWorld();
  await using system = await startSystem();
  const videoId = await uploadFile(system, await makeClip(world.path("clip.mp4"), longClip), 4);
  await until("something is made", async () => (await statusOf(system, videoId)).progress > 0);
  const deleted = await fetch(`${system.url.admin}/admin/videos/${videoId}`, { method: "DELETE" });
  expect([deleted.status, await deleted.json()]).toEqual([200, { status: "deleted", video_id: videoId }]);

  // The promise is "also later": there is no state to await but the absence of one.
  for (let second = 0; second <= 10; second += 2) {
    const left = (await readdir(system.storage, { recursive: true })).filter((name) => name.includes(videoId));
    expect(left).toEqual([]);
    expect(await processesWith(videoId)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  expect((await fetch(`${system.url.metadata}/videos/${videoId}`)).status).toBe(404);
  expect((await fetch(`${system.url.transcoding}/transcode/status/${videoId}`)).status).toBe(404);
  expect((await fetch(`${system.url.upload}/upload/${videoId}`)).status).toBe(404);
}, 100_000);

test("an upload that is complete while metadata and transcoding are down is picked up when they are back", async () => {
  await using world = createWorld();
  await using system = await startSystem();
  const clip = await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 });
  await Promise.all([system.kill("metadata"), system.kill("transcoding")]);
  const videoId = await uploadFile(system, clip);
  await system.start("metadata");
  await system.start("transcoding");
  await until("it is done", async () => (await statusOf(system, videoId)).overall === "ok", 60);
}, 120_000);

describe("hostile names", () => {
  test("reach nothing, through any service", async () => {
    await using system = await startSystem();
    const before = await filesBelow(system.storage);
    const names = ["..%2f..%2fetc%2fpasswd", "%2e%2e%2f", "a%00b", "x".repeat(300), "a%5c..%5cb", "%20", "a.b"];
    const places = names.flatMap((name) => [
      `${system.url.streaming}/stream/${name}/master.m3u8`,
      `${system.url.streaming}/stream/${name}/original`,
      `${system.url.streaming}/stream/abc/${name}/playlist.m3u8`,
      `${system.url.streaming}/stream/abc/720p/${name}`,
      `${system.url.streaming}/stream/abc/${name}`,
      `${system.url.transcoding}/transcode/status/${name}`,
      `${system.url.metadata}/videos/${name}`,
      `${system.url.admin}/admin/videos/${name}/status`,
      `${system.url.admin}/video/${name}`,
      `${system.url.admin}/thumbnail/${name}`,
    ]);
    for (const place of places) {
      const response = await fetch(place, { redirect: "manual" });
      expect([400, 404], place).toContain(response.status);
      expect(await response.text(), place).not.toContain("root:");
    }
    for (const filename of [
      "../etc/passwd.mp4",
      "a/b.mp4",
      "a\\b.mp4",
      "a\u0000.mp4",
      `${"x".repeat(300)}.mp4`,
      "..",
    ]) {
      const response = await fetch(`${system.url.upload}/upload/init`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ filename, total_chunks: 1 }),
      });
      expect([400, 422], filename).toContain(response.status);
    }
    const left = [...(await filesBelow(system.storage)).keys()].filter((name) => !name.includes(".db"));
    expect(left).toEqual([...before.keys()].filter((name) => !name.includes(".db")));
  }, 60_000);

  test("a text file named .mp4 is taken, fails with a reason, and other videos go on", async () => {
    await using world = createWorld();
    await using system = await startSystem();
    await Bun.write(world.path("notes.mp4"), "Dear diary, this is not a video.");
    const good = await uploadFile(
      system,
      await makeClip(world.path("good.mp4"), { seconds: 2, width: 320, height: 180 }),
    );
    const bad = await uploadFile(system, world.path("notes.mp4"));
    const status = await until("it failed", async () => {
      const found = (await statusOf(system, bad)) as { overall: string; error?: string };
      return found.overall === "error" && found;
    });
    expect(status.error).toBe("This is a text file, not a video");
    await until("the other is done", async () => (await statusOf(system, good)).overall === "ok", 60);
    await until("metadata has the reason", async () => {
      const video = (await (await fetch(`${system.url.metadata}/videos/${bad}`)).json()) as {
        status: string;
        error: string;
      };
      return video.status === "failed" && video.error === status.error;
    });
  }, 100_000);
});
