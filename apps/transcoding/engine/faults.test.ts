import { describe, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { type Encoder, libx264, type Run, run } from "@video-backend/media";
import { until } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";

/** libx264 under another name, which a test can tell by its preset. */
const posing: Encoder = {
  ...libx264,
  name: "posing",
  codec: (rung, settings) => libx264.codec(rung, { ...settings, x264Preset: "superfast" }),
};
const isPosing = (args: string[]) => args.includes("superfast");

describe("an encoder that fails in the middle", () => {
  test("hands the rest of the video to the next one; what it made stays", async () => {
    const failing: Run = async (command, args, options) => {
      if (isPosing(args) && Number(args[args.indexOf("-start_number") + 1]) >= 7)
        return { exitCode: 1, signalName: null, timedOut: false, errors: "device lost" };
      return run(command, args, options);
    };
    await using app = await setup({ encoders: [posing, libx264], run: failing });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 12 });
    await app.start("a");
    expect((await app.overall("a", "ok")).progress).toBe(100);

    const encoders = app.deps.ledger.list("a").filter((segment) => segment.rendition === "360p");
    const change = encoders.findIndex((segment) => segment.encoder === "libx264");
    expect(change).toBeGreaterThan(0);
    expect(new Set(encoders.slice(change).map((segment) => segment.encoder))).toEqual(new Set(["libx264"]));
    const playlist = await Bun.file(app.world.path("hls", "a", "360p", "playlist.m3u8")).text();
    expect(playlist.match(/#EXT-X-MAP:URI="([^"]+)"/g)).toEqual([
      '#EXT-X-MAP:URI="init-posing.mp4"',
      '#EXT-X-MAP:URI="init-libx264.mp4"',
    ]);
    expect(playlist).not.toContain("DISCONTINUITY");
    const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
    expect(attempts.find((attempt: { fault: string }) => attempt.fault)).toMatchObject({
      encoder: "posing",
      fault: "encoder",
      errors: "device lost",
    });
  });

  test("and so does every other is the source's fault, and the source's class", async () => {
    const failing: Run = async (command, args, options) =>
      args.includes("-filter_complex")
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "bad stream" }
        : run(command, args, options);
    await using app = await setup({ encoders: [posing, libx264], run: failing });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    expect(await app.overall("a", "error")).toMatchObject({
      fault: "source",
      error: "Encoding failed 3 times: ffmpeg ended with 1: bad stream",
    });
    expect((await app.send("GET /transcode/encoders")).body.encoders[0]).toMatchObject({
      name: "posing",
      state: "ready",
    });
  });
});

test("an ffmpeg that is killed is run again", async () => {
  let kills = 2;
  const killed: Run = (command, args, options) => {
    if (!args.includes("-filter_complex") || kills-- <= 0) return run(command, args, options);
    return run("sh", ["-c", "kill -KILL $$"], {});
  };
  await using app = await setup({ run: killed });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 3 });
  await app.start("a");
  await app.overall("a", "ok");
  const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
  expect(attempts.filter((attempt: { exit_code: number | null }) => attempt.exit_code === null)).toHaveLength(2);
});

test("a disk without room makes the job wait, and say so, until there is some", async () => {
  let free = 0;
  await using app = await setup({ freeBytes: () => Promise.resolve(free) });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
  await app.start("a");
  const waiting = async () => (await app.statusOf("a")).waiting;
  const sentence = "Waiting for room on the disk: 0 MiB are free, 0 MiB are kept";
  while ((await waiting()) !== sentence) await new Promise((resolve) => setImmediate(resolve));
  expect((await app.statusOf("a")).overall).toBe("running");
  free = 2;
  await app.overall("a", "ok");
  expect(await waiting()).toBeUndefined();
});

test("a write that finds no room is tried again, and costs no attempt", async () => {
  let full = 4;
  const filling: Run = async (command, args, options) => {
    if (args.includes("-filter_complex") && full-- > 0) {
      return {
        exitCode: 1,
        signalName: null,
        timedOut: false,
        errors: "av_interleaved_write_frame(): No space left on device",
      };
    }
    return run(command, args, options);
  };
  await using app = await setup({ run: filling });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  await app.start("a");
  await app.overall("a", "ok");
}, 30_000);

test("a state that finds no room in the database is written when there is some", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  const { move } = app.deps.jobs;
  let full = 1;
  app.deps.jobs.move = (videoId, next, fields) => {
    if (next === "ok" && full-- > 0)
      throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    return move(videoId, next, fields);
  };
  await app.start("a");
  await until("it waits", async () => (await app.statusOf("a")).waiting !== undefined);
  await app.overall("a", "ok");
  expect((await app.statusOf("a")).waiting).toBeUndefined();
}, 30_000);

test("a source that vanishes ends the job with that reason", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 30, width: 854, height: 480 });
  await app.start("a");
  await app.made("a");
  await rm(app.world.path("originals", "a"), { recursive: true });
  expect(await app.overall("a", "error")).toMatchObject({ fault: "source", error: "The uploaded file is gone" });
});

test("a long video does not hold up a short one", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "film", { seconds: 60, width: 854, height: 480 });
  await placeOriginal(app.world, app.metadata, "clip", { seconds: 2 });
  await app.start("film");
  await app.made("film");
  await app.start("clip");
  await app.overall("clip", "ok");
  expect((await app.statusOf("film")).overall).toBe("running");
}, 60_000);
