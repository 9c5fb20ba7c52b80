/**
 * A video of a variable frame rate that a version had made half of which held no frame over the boundaries of the grid: a
 * pause was a hole, and the interval after it began late or had no file.
 */
import { expect, test } from "bun:test";
import { openAsBlob } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { gridIndex, libx264, measureSegment, type Plan, run, videoCommand } from "@video-backend/media";
import { makeNumberedClip, numberedFrames } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";

type App = Awaited<ReturnType<typeof setup>>;
const clipSeconds = 16;
/** How many intervals of the video that version had made. */
const madeCount = 8;

/** What that version wrote, in place of what was made: its plan, and the first segments with their rows. */
async function asOfBefore(app: App, plan: Plan): Promise<void> {
  const { video, access: _, ...rest } = plan;
  if (!video) throw new Error("There is no video");
  const { longGops, longestFrameSeconds, ...videoOfBefore } = video;
  const old = JSON.stringify({ ...rest, video: videoOfBefore });
  app.deps.database.$client.run("UPDATE jobs SET plan = ?, state = 'running', finished_at = NULL", [old]);
  app.deps.database.$client.run("DELETE FROM steps");
  await app.deps.ledger.forget(
    "a",
    "360p",
    Array.from({ length: 100 }, (_one, index) => index),
  );
  const folder = app.world.path("hls", "a", "360p");
  await rm(folder, { recursive: true });
  await mkdir(folder, { recursive: true });
  await rm(app.world.path("hls", "a", "finished.json"));

  const directory = app.world.path("old");
  await mkdir(`${directory}/360p`, { recursive: true });
  // A constant rate keeps the source's frames and no others, as that version did of any rate.
  const unheld = { ...plan, video: { ...video, variableFrameRate: false } };
  const source = app.world.path("originals", "a", "clip.mkv");
  const settings = { source, directory, encoder: libx264, reportSeconds: 1, threads: 1, x264Preset: "ultrafast" };
  const chunk = { kind: "video" as const, renditions: ["360p"], first: 0, count: madeCount };
  const { exitCode, errors } = await run("ffmpeg", videoCommand(unheld, chunk, settings));
  if (exitCode !== 0) throw new Error(errors);
  const init = await Bun.file(`${directory}/360p/init.mp4`).arrayBuffer();
  const row = { videoId: "a", rendition: "360p", encoder: "libx264", init: "init-libx264.mp4" };
  const taken = new Set<number>();
  for (const name of (await readdir(`${directory}/360p`)).filter((one) => one.endsWith(".m4s"))) {
    const path = `${directory}/360p/${name}`;
    const measured = await measureSegment(init, await openAsBlob(path));
    const index = gridIndex(plan, "video", measured.startSeconds + 0.002);
    await rename(path, `${folder}/segment-${String(index).padStart(5, "0")}.m4s`);
    await app.deps.ledger.enter([{ ...row, index, ...measured }]);
    taken.add(index);
  }
  await rename(`${directory}/360p/init.mp4`, `${folder}/init-libx264.mp4`);
  const nothing = { bytes: 0, startSeconds: 0, durationSeconds: 0, samples: 0, keyFrameBytes: 0, codec: "" };
  for (let index = 0; index < madeCount; index++)
    if (!taken.has(index)) await app.deps.ledger.enter([{ ...row, index, ...nothing, init: "" }]);
  expect(taken.size).toBeLessThan(madeCount);
}

/** One MP4 of the segments, as a player puts them together. */
async function joined(app: App): Promise<string> {
  const folder = app.world.path("hls", "a", "360p");
  const playlist = await Bun.file(`${folder}/playlist.m3u8`).text();
  const names = [...playlist.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)].map((match) => match[1] ?? match[2] ?? "");
  const parts = await Promise.all(names.map((name) => Bun.file(`${folder}/${name}`).bytes()));
  const path = app.world.path("joined.mp4");
  await Bun.write(path, Buffer.concat(parts));
  return path;
}

test("a half-made one goes on to a whole in which every frame is shown until the next one", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 }, "unused.mp4");
  const pauses = ["select='not(between(n,30,110))*not(between(n,250,290))'"];
  const source = app.world.path("originals", "a", "clip.mkv");
  await makeNumberedClip(source, { seconds: clipSeconds, filters: pauses, audioSeconds: 0 });
  await app.start("a", { filename: "clip.mkv" });
  await app.overall("a", "ok");
  await app.idle();
  const plan = (await app.deps.jobs.find("a"))?.plan;
  expect(plan?.video?.variableFrameRate).toBe(true);
  if (plan) await asOfBefore(app, plan);
  await app.close();

  const { deps, ended } = await createTestTranscoding(app.world, { metadata: app.metadata });
  expect((await ended("a", 50)).state).toBe("ok");
  const ledger = await deps.ledger.list("a");
  for (const [at, { index, startSeconds, durationSeconds }] of ledger.entries()) {
    const next = ledger[at + 1]?.startSeconds ?? clipSeconds;
    expect([index, Math.abs(startSeconds + durationSeconds - next)]).toEqual([at, expect.closeTo(0, 2)]);
  }
  const [wanted, shown] = [await numberedFrames(source), await numberedFrames(await joined(app))];
  for (let seconds = 0.02; seconds < clipSeconds; seconds += 0.04) {
    const numberIn = (frames: typeof shown) => frames.findLast((frame) => frame.seconds <= seconds)?.number;
    expect([seconds, numberIn(shown)]).toEqual([seconds, numberIn(wanted)]);
  }
}, 90_000);
