/** Backups of a running system under load, restored elsewhere; `check`, and what it has repaired. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, holdDatabase, makeClip, until } from "@video-backend/testing";
import { inspectStream } from "./inspect-stream.ts";
import { runCommand, startCommand } from "./run-command.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

interface Video {
  hash: string;
  filename: string;
  visibility: string;
  stopped: number;
}

const videosOf = async (system: System) =>
  ((await (await fetch(`${system.url.metadata}/videos`)).json()) as { videos: Video[] }).videos;
const statusOf = async (system: System, id: string) =>
  (await (await fetch(`${system.url.transcoding}/transcode/status/${id}`)).json()) as { overall: string };
const change = (system: System, id: string, json: object) =>
  fetch(`${system.url.metadata}/videos/${id}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
const framesOf = async (system: System, id: string) => {
  const { videos, audios } = await inspectStream(`${system.url.streaming}/stream/${id}/master.m3u8`);
  expect([...videos, ...audios].flatMap(({ decodeErrors }) => decodeErrors)).toEqual([]);
  return videos.map(({ frames }) => frames);
};
const listing = (directory: string) =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mode } = statSync(path);
      return `${path.slice(directory.length)} ${size} ${(mode & 0o777).toString(8)}`;
    })
    .sort();

test("backups during uploads, encodes and deletions are restored elsewhere: check is clean, and every video plays", async () => {
  await using world = createWorld();
  await using system = await startSystem({ SEGMENT_SECONDS: "1", AUTH: "open" });
  const backups = world.path("backups");
  const environment = { STORAGE_DIR: system.storage };
  const clips = await Promise.all(
    [1, 2, 3].map((number) =>
      makeClip(world.path(`clip ${number}.mp4`), { seconds: number + 1, width: 320, height: 180 }),
    ),
  );
  const clip = (index: number) => clips[index % clips.length] ?? "";
  const first = await uploadFile(system, clip(0));
  await change(system, first, { visibility: "private", title: "A private one" });
  await until("the first one is done", async () => (await statusOf(system, first)).overall === "ok");

  // Uploads, encodes and deletions go on until the backups are made.
  let isOver = false;
  const load = (async () => {
    for (let index = 0; !isOver; index++) {
      const id = await uploadFile(system, clip(index), 2);
      if (index % 3 === 1) await fetch(`${system.url.metadata}/videos/${id}`, { method: "DELETE" });
      if (index === 2) await fetch(`${system.url.metadata}/videos/${id}/stop`, { method: "PUT" });
      if (index > 8) await until("some are done", async () => (await statusOf(system, id)).overall === "ok");
    }
  })();
  const open = new FormData();
  for (const [name, value] of Object.entries({ filename: "open.mp4", total_chunks: "2" })) open.append(name, value);
  const begun = await fetch(`${system.url.upload}/upload/init`, { method: "POST", body: open });
  const { upload_id: openId } = (await begun.json()) as { upload_id: string };
  await until("there are some videos", async () => (await videosOf(system)).length > 3);
  const made = await runCommand("backup", [backups], environment);
  expect([made.exitCode, made.errors]).toEqual([0, ""]);
  const again = await runCommand("backup", [backups], environment);
  expect([again.exitCode, again.errors]).toEqual([0, ""]);
  isOver = true;
  await load;

  const names = (await readdir(backups)).sort();
  expect(names).toHaveLength(2);
  for (const name of names) {
    const backup = join(backups, name);
    expect(await runCommand("check", [backup], environment)).toMatchObject({ exitCode: 0 });
    if (name === names[0]) continue;
    await using restored = await startSystem({ SEGMENT_SECONDS: "1", AUTH: "open" }, async (storage) => {
      expect(await runCommand("restore", [backup, "--to", storage], environment)).toMatchObject({
        exitCode: 0,
        errors: "",
      });
      expect(await runCommand("check", [storage], environment)).toMatchObject({ exitCode: 0 });
    });
    const videos = await videosOf(restored);
    expect(videos.length).toBeGreaterThan(3);
    expect(videos.find(({ hash }) => hash === first)).toMatchObject({ visibility: "private", title: "A private one" });
    expect((await fetch(`${restored.url.streaming}/stream/${first}/master.m3u8`)).status).toBe(403);
    await change(restored, first, { visibility: "public" });
    for (const { hash, filename, stopped } of videos) {
      const source = Bun.file(clips.find((path) => path.endsWith(filename)) ?? "");
      const original = Bun.file(join(restored.storage, "originals", hash, filename));
      expect(Bun.hash(await original.bytes())).toBe(Bun.hash(await source.bytes()));
      if (stopped) await fetch(`${restored.url.metadata}/videos/${hash}/resume`, { method: "PUT" });
      await until(`${hash} is done`, async () => (await statusOf(restored, hash)).overall === "ok", 60);
      expect(await framesOf(restored, hash)).toEqual([25 * (Number(/\d/.exec(filename)?.[0]) + 1)]);
    }
    // Its sender begins again.
    const late = new FormData();
    late.append("upload_id", openId);
    expect((await fetch(`${restored.url.upload}/upload/complete`, { method: "POST", body: late })).status).toBe(404);
    expect(await runCommand("check", [], { STORAGE_DIR: restored.storage })).toMatchObject({ exitCode: 0 });
  }
}, 240_000);

test("a restore that is killed in its middle keeps services away, and goes on to the same end", async () => {
  await using world = createWorld();
  const backups = world.path("backups");
  const environment = { STORAGE_DIR: world.path("nowhere") };
  {
    await using system = await startSystem({ AUTH: "keys" });
    await using held = await holdDatabase(join(system.storage, "transcoding.db"));
    void held;
    const { Database } = await import("bun:sqlite");
    using metadata = new Database(join(system.storage, "videos.db"));
    const insert = metadata.query(
      "INSERT INTO videos (hash, filename, thumbnail_filename, created_at, updated_at) VALUES (?, 'a.mp4', 'thumbnail.jpg', 1, 1)",
    );
    for (let index = 0; index < 400; index++) insert.run(`v${index}`);
    // More files than a process restores before it can be killed. After the rows: admin removes thumbnails of nobody.
    for (let index = 0; index < 400; index++) {
      await Bun.write(join(system.storage, "thumbnails", `v${index}`, "thumbnail.jpg"), `picture ${index}`);
    }
    const made = await runCommand("backup", [backups], { STORAGE_DIR: system.storage });
    // Those videos have no originals, which is said.
    expect(made.exitCode).toBe(0);
    expect(made.errors.trim().split("\n")).toHaveLength(400);
  }
  const whole = world.path("whole");
  expect((await runCommand("restore", [backups, "--to", whole], environment)).exitCode).toBe(0);
  expect(statSync(join(whole, "service-key")).mode & 0o777).toBe(0o600);

  const target = world.path("target");
  const child = startCommand("restore", [backups, "--to", target], environment);
  await until("some are there", () => existsSync(join(target, "thumbnails")));
  child.kill("SIGKILL");
  await child.exited;
  expect(listing(target).length).toBeLessThan(listing(whole).length);
  const refused = await runCommand("start", [], { STORAGE_DIR: target });
  expect(refused.exitCode).toBe(1);
  expect(refused.errors).toContain("is not finished");
  const resumed = await runCommand("restore", [backups, "--to", target], environment);
  expect(resumed).toMatchObject({ exitCode: 0, errors: "" });
  expect(resumed.lines.at(-1)).toContain("were there from an interrupted run");
  const withoutRun = (path: string) => listing(path).filter((line) => !line.startsWith("/run/"));
  expect(withoutRun(target)).toEqual(withoutRun(whole));

  const onto = await runCommand("restore", [backups, "--to", target], environment);
  expect([onto.exitCode, onto.errors]).toEqual([1, expect.stringContaining("is not empty")]);
}, 120_000);

test("check names what is lost, stray and different, and has lost segments made again", async () => {
  await using world = createWorld();
  await using system = await startSystem({ AUTH: "open" });
  const urls = Object.fromEntries(Object.entries(system.url).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]));
  const environment = { STORAGE_DIR: system.storage, ...urls };
  const id = await uploadFile(system, await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 }));
  await until("it is finished", () => existsSync(join(system.storage, "hls", id, "finished.json")));
  await until("it is told", async () => (await runCommand("check", [], environment)).exitCode === 0);
  await rm(join(system.storage, "hls", id, "360p", "segment-00000.m4s"));
  const stray = join(system.storage, "originals", "nobody", "film.mp4");
  await Bun.write(stray, "film");
  const found = await runCommand("check", [], environment);
  expect(found.exitCode).toBe(1);
  // A stray of this moment may get its row yet.
  expect(found.lines.at(-1)).toContain(": 1 lost, 0 stray, 0 different.");
  expect(found.lines).toContain(`lost: hls/${id}/360p/segment-00000.m4s: A segment is not there`);
  const repaired = await runCommand("check", ["--repair"], environment);
  expect(repaired.lines.at(-1)).toContain("makes again what is lost of 1 videos");
  await until("it is whole again", async () => (await runCommand("check", [], environment)).exitCode === 0);
  expect(await framesOf(system, id)).toEqual([50]);

  const original = join(system.storage, "originals", id, "clip.mp4");
  const { size } = statSync(original);
  const file = await Bun.file(original).bytes();
  file[size - 1] = (file[size - 1] ?? 0) ^ 1;
  await Bun.write(original, file);
  const hashed = await runCommand("check", [], environment);
  expect(hashed.lines.join("\n")).toContain(`different: originals/${id}/clip.mp4: The original has the SHA-256`);
  expect((await runCommand("check", ["--sizes-only"], environment)).exitCode).toBe(0);
  await appendFile(original, "more");
  expect((await runCommand("check", ["--sizes-only"], environment)).lines.at(-1)).toContain("1 different");
}, 120_000);

test("a backup without streams has no segment but of a video whose original is lost, and they are made again after a restore", async () => {
  await using world = createWorld();
  const backups = world.path("backups");
  let [id, lost] = ["", ""];
  {
    await using system = await startSystem({ AUTH: "open" });
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 });
    [id, lost] = [await uploadFile(system, clip), await uploadFile(system, clip)];
    for (const one of [id, lost]) await until("it is done", async () => (await statusOf(system, one)).overall === "ok");
    await rm(join(system.storage, "originals", lost), { recursive: true });
    const environment = { STORAGE_DIR: system.storage };
    expect(await runCommand("backup", [backups, "--without-streams"], environment)).toMatchObject({ exitCode: 0 });
  }
  const [backup = ""] = await readdir(backups);
  const segments = listing(join(backups, backup)).filter((line) => line.includes(".m4s"));
  expect([...new Set(segments.map((line) => line.split("/")[2]))]).toEqual([lost]);
  await using restored = await startSystem({ AUTH: "open" }, (storage) =>
    runCommand("restore", [backups, "--to", storage], { STORAGE_DIR: storage }),
  );
  await until("it is made again", async () => (await statusOf(restored, id)).overall === "ok");
  for (const one of [id, lost]) expect(await framesOf(restored, one)).toEqual([50]);
}, 120_000);
