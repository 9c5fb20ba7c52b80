import { describe, expect, test } from "bun:test";
import { readdir, rm } from "node:fs/promises";
import { createRun, type Encoder, libx264, type Run, run } from "@video-backend/media";
import { addSubtitles, until } from "@video-backend/testing";
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

    const encoders = (await app.deps.ledger.list("a")).filter((segment) => segment.rendition === "360p");
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

describe("an audio track that nobody can encode", () => {
  /** Fails on the tracks of these stream numbers, from this segment on. */
  const failing = (streams: number[], from: number): Run => {
    const isBad = (args: string[]) =>
      args.includes("-af") && streams.some((stream) => args.includes(`0:${stream}`)) && startOf(args) >= from;
    const startOf = (args: string[]) => Number(args[args.indexOf("-start_number") + 1]);
    return async (command, args, options) =>
      isBad(args)
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "bad stream" }
        : run(command, args, options);
  };
  const twoTracks = ["-map", "0:v", "-map", "1:a", "-map", "1:a", "-metadata:s:a:1", "language=jpn"];
  const masterOf = (app: Awaited<ReturnType<typeof setup>>) =>
    Bun.file(app.world.path("hls", "a", "master.m3u8")).text();

  test.each([0, 8])(
    "is left out with a sentence, and the rest is whole; it fails from segment %d on",
    async (from) => {
      await using app = await setup({ run: failing([2], from) });
      await placeOriginal(app.world, app.metadata, "a", { seconds: 20, extra: twoTracks });
      await app.start("a");
      const status = await app.overall("a", "ok");
      expect(status).toMatchObject({ progress: 100, qualities: { "360p": { status: "ok" } } });
      expect(status.audio_tracks.map(({ name, status: state }) => `${name} ${state}`)).toEqual(["audio ok"]);
      expect(status.warnings).toEqual([
        "The audio track audio-2 (jpn) is left out. Encoding failed 3 times: ffmpeg ended with 1: bad stream",
      ]);
      const master = await masterOf(app);
      expect(master).toContain("audio/playlist.m3u8");
      expect(master).not.toContain("audio-2");
      expect(await readdir(app.world.path("hls", "a"))).not.toContain("audio-2");
      expect((await app.demand("a", "audio-2", 0)).status).toBe(404);
    },
    60_000,
  );

  test("leaves a video without audio where it is the only one", async () => {
    await using app = await setup({ run: failing([1], 0) });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    const status = await app.overall("a", "ok");
    expect(status).toMatchObject({ audio: null, audio_tracks: [], playable: true, progress: 100 });
    expect(status.warnings).toHaveLength(1);
    expect(await masterOf(app)).not.toContain("AUDIO");
  });

  test("ends the job with its reason where there is nothing else", async () => {
    await using app = await setup({ run: failing([0], 0) });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2, extra: ["-map", "1:a"] }, "clip.mka");
    await app.start("a", { filename: "clip.mka" });
    expect(await app.overall("a", "error")).toMatchObject({
      fault: "source",
      error: "Encoding failed 3 times: ffmpeg ended with 1: bad stream",
    });
  });

  test("leaves the other tracks where all is audio", async () => {
    await using app = await setup({ run: failing([0], 0) });
    const tracks = ["-map", "1:a", "-map", "1:a"];
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2, extra: tracks }, "clip.mka");
    await app.start("a", { filename: "clip.mka" });
    const status = await app.overall("a", "ok");
    expect(status.audio_tracks.map(({ name }) => name)).toEqual(["audio-2"]);
    expect(await masterOf(app)).toContain("audio-2/playlist.m3u8");
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

/** Which run of ffmpeg or ffprobe these arguments are of. */
const kinds = {
  "the probe": (args: string[]) => args.some((arg) => arg.startsWith("format=format_name")),
  "the count of packets": (args: string[]) => args.includes("packet=pts_time,dts_time,duration_time,flags"),
  "the copy": (args: string[]) => args.includes("copy"),
  "the encode of the video": (args: string[]) => args.includes("-force_key_frames"),
  "the encode of the audio": (args: string[]) => args.includes("-af"),
  "the poster": (args: string[]) => args.some((arg) => arg.endsWith(".jpg") && !arg.includes("sheet")),
  "the storyboard": (args: string[]) => args.some((arg) => arg.endsWith("sheet.jpg")),
  "the subtitles": (args: string[]) => args.includes("webvtt"),
  "the look for closed captions": (args: string[]) => args.some((arg) => arg.startsWith("frame=side_data_list")),
} satisfies Record<string, (args: string[]) => boolean>;

/** A clip that needs every kind of run: MPEG-TS is copied first. */
async function placeEverything(app: Awaited<ReturnType<typeof setup>>): Promise<void> {
  const path = await placeOriginal(app.world, app.metadata, "a", { seconds: 1 }, "clip.ts");
  const track = { text: "1\n00:00:00,000 --> 00:00:01,000\nHello\n", codec: "subrip" };
  await addSubtitles(path, app.world.path("originals", "a", "clip.mkv"), [track]);
}

describe("an ffmpeg that makes no progress", () => {
  /** Stands still the first time that such a command is run; the watchdog is the real one. */
  const standingStill = (isMeant: (args: string[]) => boolean, times = 1): Run => {
    const watched = createRun({ stallSeconds: 0.3 });
    return (command, args, options) =>
      isMeant(args) && times-- > 0 ? watched("sleep", ["600"], options) : run(command, args, options);
  };

  test.each(["the copy", "the encode of the video", "the encode of the audio"] as const)(
    "is ended and run again: %s",
    async (kind) => {
      await using app = await setup({ run: standingStill(kinds[kind]) });
      await placeOriginal(app.world, app.metadata, "a", { seconds: 1 }, "clip.ts");
      await app.start("a", { filename: "clip.ts" });
      await app.overall("a", "ok");
    },
  );

  test("hands the rest to the next encoder, and its attempt says why", async () => {
    const isMeant = (args: string[]) => isPosing(args) && args.includes("-force_key_frames");
    await using app = await setup({ encoders: [posing, libx264], run: standingStill(isMeant, Infinity) });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    await app.overall("a", "ok");
    const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
    const ended = attempts.filter((attempt: { fault: string | null }) => attempt.fault);
    expect(ended[0]).toMatchObject({ encoder: "posing", fault: "encoder", exit_code: null });
  });

  test("in each attempt ends the job with that reason, and not as the source's fault", async () => {
    await using app = await setup({ run: standingStill(kinds["the encode of the video"], Infinity) });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.start("a");
    expect(await app.overall("a", "error")).toMatchObject({
      fault: "encoder",
      error: "Encoding failed 3 times: ffmpeg made no progress for 0.3 s",
    });
  });

  test.each(["the poster", "the storyboard", "the subtitles", "the look for closed captions"] as const)(
    "costs the video nothing where it is not an encode: %s",
    async (kind) => {
      await using app = await setup({ run: standingStill(kinds[kind], Infinity) });
      await placeEverything(app);
      await app.start("a", { filename: kind === "the subtitles" ? "clip.mkv" : "clip.ts" });
      await app.overall("a", "ok");
    },
  );
});

test.each(Object.entries(kinds))(
  "stop ends what hangs, whatever it is: %s",
  async (kind, isMeant) => {
    const hanging = Promise.withResolvers<void>();
    let ended = 0;
    const hangingRun: Run = async (command, args, options) => {
      if (!isMeant(args)) return run(command, args, options);
      hanging.resolve();
      const result = await run("sleep", ["600"], options);
      ended++;
      return result;
    };
    await using app = await setup({ run: hangingRun });
    await placeEverything(app);
    await app.start("a", { filename: kind === "the subtitles" ? "clip.mkv" : "clip.ts" });
    await hanging.promise;
    expect((await app.send("POST /transcode/a/stop")).body).toEqual({ status: "stopped" });
    expect(ended).toBeGreaterThan(0);
  },
  30_000,
);

test("a copy that finds no room on the disk is made once there is some", async () => {
  let full = 1;
  const filling: Run = async (command, args, options) =>
    kinds["the copy"](args) && full-- > 0
      ? { exitCode: 1, signalName: null, timedOut: false, errors: "source.mkv: No space left on device" }
      : run(command, args, options);
  await using app = await setup({ run: filling });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 }, "clip.ts");
  await app.start("a", { filename: "clip.ts" });
  await app.overall("a", "ok");
}, 30_000);

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
