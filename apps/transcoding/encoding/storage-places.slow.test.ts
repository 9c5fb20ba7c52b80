/** The main job, whatever the storage directory is called, and on however many file systems its folders lie. */
import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addSubtitles, createWorld, makeClip, until, type World } from "@video-backend/testing";
import { jobStates } from "../states.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";

/** A world in a folder of this name. */
async function worldCalled(name: string): Promise<World> {
  const outer = createWorld();
  const directory = outer.path(name);
  await mkdir(directory);
  return { ...outer, directory, path: (...parts) => join(directory, ...parts) };
}

/** Everything that ffmpeg reads or writes for a job: a copy of the source, subtitles, segments, images. */
async function runJobs(world: World): Promise<string[]> {
  const { deps, metadata, client } = await createTestTranscoding(world);
  await placeOriginal(world, metadata, "plain", { seconds: 2 });
  await placeOriginal(world, metadata, "copied", { seconds: 2 }, "clip.mkv");
  const text = "1\n00:00:00,500 --> 00:00:01,500\nWords\n";
  const plain = await makeClip(world.path("plain.mp4"), { width: 320, height: 180, seconds: 2 });
  const copied = world.path("originals", "copied", "clip.ts");
  await addSubtitles(plain, world.path("originals", "plain", "clip.mp4"), [{ text, codec: "mov_text" }]);
  await makeClip(copied, { width: 320, height: 180, seconds: 2 });
  for (const [upload_id, filename] of [
    ["plain", "clip.mp4"],
    ["copied", "clip.ts"],
  ] as const) {
    await client.transcode.start.$post({ json: { upload_id, filename, network_speed: 10 } });
  }
  await until("both have ended", async () => (await deps.jobs.inStates(["queued", "running"])).length === 0, 60);
  expect((await deps.jobs.inStates(jobStates)).map(({ state, error }) => [state, error])).toEqual([
    ["ok", null],
    ["ok", null],
  ]);
  return (await readdir(world.path("hls"), { recursive: true })).sort();
}

const made = [
  "copied/360p/init-libx264.mp4",
  "plain/360p/init-libx264.mp4",
  "plain/360p/segment-00000.m4s",
  "plain/poster.jpg",
  "plain/storyboard/sheet-000.jpg",
  "plain/subtitles/1/subtitles.vtt",
];

test.each([
  ["ffmpeg's patterns", "100% %d%03d %v $Number$ %%"],
  ["separators of protocols and filters", "-a:b|c,d;e[f]=g\\h concat:i"],
  ["quotes, globs and other alphabets", `it's "ü" *?#& №1 \u{1F3AC}`],
])(
  "in a storage directory with %s in its name every file of a job is made",
  async (_, name) => {
    await using world = await worldCalled(name);
    expect(await runJobs(world)).toEqual(expect.arrayContaining(made));
  },
  90_000,
);

const memory = "/dev/shm";
const isOther = existsSync(memory) && statSync(memory).dev !== statSync(tmpdir()).dev;

test.skipIf(!isOther)(
  "with originals and hls on another file system every file of a job is made, and nothing is left over",
  async () => {
    await using world = createWorld();
    const elsewhere = mkdtempSync(join(memory, "storage-places-"));
    world.defer(() => rmSync(elsewhere, { recursive: true, force: true }));
    for (const folder of ["originals", "hls"]) {
      await mkdir(join(elsewhere, folder));
      symlinkSync(join(elsewhere, folder), world.path(folder));
    }
    const files = await runJobs(world);
    expect(files).toEqual(expect.arrayContaining(made));
    expect(files.filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(await readdir(world.path("transcoding"))).toEqual([]);
  },
  90_000,
);
