import { describe, expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { type Run, run } from "@video-backend/media";
import { transcript, until } from "@video-backend/testing";
import { reportState } from "../jobs/report-states.ts";
import { setup } from "../test-setup.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";
import { brightnessOf, sizeOf } from "./test-setup.ts";

type App = Awaited<ReturnType<typeof setup>>;
const posterOf = (app: App, id = "a") => app.world.path("hls", id, "poster.jpg");
const thumbnailOf = async (app: App) =>
  (await transcript(app.metadata.service)("GET /videos/a")).body.thumbnail_filename;
const isPoster = (args: string[]) => args.at(-1)?.endsWith(".jpg") && args.includes("-vf");
const black = (until: number) => ["-vf", `drawbox=t=fill:color=black:enable='lt(t,${until})'`];
const oneKeyFrame = ["-g", "1000", "-sc_threshold", "0"];

/** Waits until it is there, while the job may still be at work. */
const poster = (app: App) => until("there is a poster", async () => (await app.statusOf("a")).poster);

describe("a poster", () => {
  test("is not black where the video begins with black, even where its only key frame is black", async () => {
    await using app = await setup();
    const extra = [...black(3), ...oneKeyFrame];
    await placeOriginal(app.world, app.metadata, "a", { seconds: 12, rate: "10", audio: false, extra });
    await app.start("a");
    expect(await poster(app)).toBe("poster.jpg");
    expect(await brightnessOf(posterOf(app))).toBeGreaterThan(60);
    expect(await sizeOf(posterOf(app))).toBe("320x180");
  });

  test("is the best there is of a video that is black but for a line", async () => {
    await using app = await setup();
    const line = "drawbox=t=fill:color=black,drawbox=w=80:h=2:x=20:y=20:color=white:enable='gt(t,1.2)'";
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2, audio: false, extra: ["-vf", line] });
    await app.start("a");
    await poster(app);
    expect(await brightnessOf(posterOf(app))).toBeGreaterThan(0.5);
  });

  test("stands upright in square pixels, and is no larger than 1280", async () => {
    await using app = await setup();
    const clip = { seconds: 1, width: 1440, height: 1080, rate: "5", audio: false, extra: ["-vf", "setsar=4/3"] };
    const lying = await placeOriginal(app.world, app.metadata, "a", clip, "lying.mp4");
    const turned = lying.replace("lying", "clip");
    await run("ffmpeg", ["-v", "error", "-i", lying, "-c", "copy", "-metadata:s:v", "rotate=90", turned]);
    await app.start("a", { network_speed: 0.5 });
    await poster(app);
    expect(await sizeOf(posterOf(app))).toBe("720x1280");
  });

  test("is there of a single frame", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 0.04, audio: false });
    await app.start("a");
    await app.overall("a", "ok");
    expect(await brightnessOf(posterOf(app))).toBeGreaterThan(60);
  });

  test("is not there of audio alone", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1, extra: ["-vn"] }, "clip.m4a");
    await app.start("a", { filename: "clip.m4a" });
    expect(await app.overall("a", "ok")).toMatchObject({ poster: null, storyboard: null });
  });

  test("is there before the rest is made, and is not made again after a restart", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480, audio: false });
    await app.start("a");
    await poster(app);
    expect((await app.statusOf("a")).progress).toBeLessThan(100);
    await app.close();
    const { ino } = await stat(posterOf(app));
    const again = await createTestTranscoding(app.world, { metadata: app.metadata });
    await again.idle();
    expect((await again.deps.jobs.find("a"))?.state).toBe("ok");
    expect((await stat(posterOf(app))).ino).toBe(ino);
  }, 60_000);

  test("that cannot be made costs the video nothing, and what was tried is told", async () => {
    const failing: Run = async (command, args, options) =>
      isPoster(args)
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "no image today" }
        : run(command, args, options);
    await using app = await setup({ run: failing });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.start("a");
    expect(await app.overall("a", "ok")).toMatchObject({ poster: null, storyboard: "storyboard/storyboard.vtt" });
    const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
    expect(attempts.find((attempt: { errors: string }) => attempt.errors)).toMatchObject({
      renditions: ["poster"],
      errors: "no image today",
    });
  });
});

describe("metadata", () => {
  test("is told of the poster while the job is still at work", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480, audio: false });
    await app.start("a");
    await reportState(app.deps, "a");
    await poster(app);
    await until("it is told", async () => {
      await reportState(app.deps, "a");
      return (await thumbnailOf(app)) === "poster.jpg";
    });
    expect((await app.statusOf("a")).overall).toBe("running");
  });

  test("that is away hears of it later", async () => {
    let away = false;
    await using app = await setup({ metadataIsAway: () => away });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    away = true;
    await app.start("a");
    await app.overall("a", "ok");
    await expect(reportState(app.deps, "a")).rejects.toThrow("Metadata service unavailable");
    away = false;
    await reportState(app.deps, "a");
    expect(await thumbnailOf(app)).toBe("poster.jpg");
  });

  test("keeps the thumbnail that somebody gave before", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await transcript(app.metadata.service)("PUT /videos/a", { json: { thumbnail_filename: "thumbnail.png" } });
    await app.start("a");
    await app.overall("a", "ok");
    await reportState(app.deps, "a");
    expect(await app.deps.jobs.unreported()).toEqual([]);
    expect(await thumbnailOf(app)).toBe("thumbnail.png");
  });

  test("is told again what changed while it was being told", async () => {
    let away = false;
    await using app = await setup({ metadataIsAway: () => away });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    away = true;
    await app.start("a");
    await app.overall("a", "ok");
    const [told] = await app.deps.jobs.unreported();
    if (!told) throw new Error("There is something to tell");
    await app.deps.jobs.markUnreported("a");
    await app.deps.jobs.markReported(told);
    expect(await app.deps.jobs.unreported()).toHaveLength(1);
  });
});
