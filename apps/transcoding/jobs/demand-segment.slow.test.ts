import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { type Run, run } from "@video-backend/media";
import { until } from "@video-backend/testing";
import { segmentsIn, setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";

const long = { seconds: 40, width: 854, height: 480 };

describe("a demanded segment", () => {
  test("far ahead comes before what lies between, and is kept", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", long);
    await app.start("a");
    for (const quality of ["360p", "audio"]) {
      expect(await app.demand("a", quality, 35)).toMatchObject({ status: 200, body: { status: "ready" } });
    }
    const made = await segmentsIn(app.world.path("hls", "a"));
    expect([...made.keys()]).toContain("360p/segment-00035.m4s");
    expect([...made.keys()]).toContain("audio/segment-00035.m4s");
    expect((await app.statusOf("a")).overall).toBe("running");
    await app.overall("a", "ok");
    const after = await segmentsIn(app.world.path("hls", "a"));
    for (const [name, file] of made) expect(after.get(name)).toBe(file);
  }, 60_000);

  test("that many ask for is encoded once", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", long);
    await app.start("a");
    const replies = await Promise.all(Array.from({ length: 50 }, () => app.demand("a", "480p", 30)));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
    // An attempt is recorded when its ffmpeg has ended.
    await app.overall("a", "ok");
    const demanded = (await app.send("GET /transcode/a/attempts")).body.attempts.filter(
      (attempt: { demanded: boolean }) => attempt.demanded,
    );
    expect(demanded).toHaveLength(1);
    expect(demanded[0]).toMatchObject({
      renditions: ["480p"],
      first_segment: 30,
      encoder: "libx264",
      exit_code: 0,
      fault: null,
    });
  }, 60_000);

  test("that the demand before it makes already is waited for", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", long);
    await app.start("a");
    const replies = await Promise.all([30, 31, 32].map((index) => app.demand("a", "480p", index)));
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    await app.overall("a", "ok");
    const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
    const demanded = attempts.filter((attempt: { demanded: boolean }) => attempt.demanded);
    expect(demanded).toHaveLength(1);
    expect(demanded[0]).toMatchObject({ renditions: ["480p"], first_segment: 30, segment_count: 3 });
  }, 60_000);

  test.each([
    ["stopped", "POST /transcode/a/stop"],
    ["deleted", "DELETE /transcode/a"],
  ])("of a video that is %s meanwhile leaves no encoder at work, and brings no file back", async (_, request) => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", long);
    await app.start("a");
    await until("its first segment is made", async () => (await app.statusOf("a")).qualities["360p"]?.progress);
    const demand = (index: number) => app.demand("a", "480p", index);
    const before = [10, 14, 18].map(demand);
    const ended = app.send(request);
    const after = [22, 26, 30].map(demand);
    expect((await ended).status).toBe(200);
    const isDeleted = request.startsWith("DELETE");
    const made = await segmentsIn(app.world.path("hls", "a"));
    if (isDeleted) expect(made.size).toBe(0);
    const statuses = (await Promise.all([...before, ...after])).map(({ status }) => status);
    expect(statuses.slice(3)).toEqual([404, 404, 404]);
    await app.idle();
    expect([...(await segmentsIn(app.world.path("hls", "a"))).keys()]).toEqual([...made.keys()]);
    expect(existsSync(app.world.path("transcoding", "a"))).toBe(false);
    if (isDeleted) expect(existsSync(app.world.path("hls", "a"))).toBe(false);
  });

  test("is answered at once when it is there, also when all is done", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    await app.overall("a", "ok");
    expect((await app.demand("a", "360p", 1)).status).toBe(200);
  });

  test("that the plan does not have, or of a video that nobody makes, is 404", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", long);
    expect(await app.demand("a", "360p", 0)).toMatchObject({ status: 404, body: { detail: "Segment not found" } });
    await app.start("a");
    await until("its first segment is made", async () => (await app.statusOf("a")).qualities["360p"]?.progress);
    for (const [quality, index] of [
      ["1080p", 0],
      ["360p", 40],
    ] as const) {
      expect(await app.demand("a", quality, index)).toMatchObject({
        status: 404,
        body: { detail: "Segment not found" },
      });
    }
    expect((await app.demand("a", "../360p", 0)).status).toBe(422);
    expect((await app.demand("a", "360p", -1)).status).toBe(422);
    await app.send("POST /transcode/a/stop");
    expect(await app.demand("a", "360p", 39)).toMatchObject({ status: 404, body: { detail: "Segment not found" } });
    expect((await app.demand("a", "360p", 0)).status).toBe(200);
  }, 60_000);
});

describe("a demanded segment whose only key frame lies far before it", () => {
  const oneKeyFrame = ["-g", "100000", "-sc_threshold", "0"];
  const clip = { seconds: 100, width: 320, height: 180, rate: "10", extra: oneKeyFrame };

  /** The ffmpeg of a demand comes to a place on its way and goes on when it is told to; those of the background never begin. */
  function setupFar(reachedLine = "") {
    const released = Promise.withResolvers<void>();
    const halting: Run = async (command, args, options) => {
      const begin = Number(args[args.indexOf("-start_number") + 1]);
      if (!args.includes("-force_key_frames") || begin < 15) return run(command, args, options);
      if (begin === 80) options?.onLine?.(reachedLine);
      const ended = new Promise((resolve) => options?.signal?.addEventListener("abort", resolve));
      await Promise.race([released.promise, ended]);
      return run(command, args, options);
    };
    return { released, app: setup({ run: halting }) };
  }

  test("is answered with how long it takes and why, while one ffmpeg is on its way, and then goes on from there", async () => {
    const { released, app: starting } = setupFar("frame:8    pts:409600  pts_time:40");
    await using app = await starting;
    await placeOriginal(app.world, app.metadata, "a", clip);
    await app.start("a");
    await app.made("a");
    const reply = await app.demand("a", "360p", 80);
    expect(reply.status).toBe(503);
    expect(reply.body.detail).toMatch(
      /^Segment 80 of 360p is not ready yet; ask again in \d+ s: the source has no key frame after 0 s, and is decoded from there up to 80 s; 40 s are reached$/,
    );
    expect(reply.headers.get("retry-after")).toBe(String(reply.body.retry_after));
    const again = app.demand("a", "360p", 82);
    released.resolve();
    expect((await again).status).toBe(200);
    expect((await app.demand("a", "360p", 99)).status).toBe(200);
    await app.overall("a", "ok");
    const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
    const demanded = attempts.filter((attempt: { demanded: boolean }) => attempt.demanded);
    expect(demanded).toHaveLength(1);
    expect(demanded[0]).toMatchObject({ first_segment: 80, segment_count: 20, fault: null });
  }, 90_000);

  test("keeps no other video from its first segments, and what waits for a decoder is told how long", async () => {
    const { released, app: starting } = setupFar();
    await using app = await starting;
    await placeOriginal(app.world, app.metadata, "a", clip);
    await placeOriginal(app.world, app.metadata, "b", { seconds: 2 });
    await app.start("a");
    await app.made("a");
    const replies = [80, 60, 40].map((index) => app.demand("a", "360p", index));
    await until("two are made and one waits", async () => {
      const { demands } = (await app.send("GET /transcode/queue")).body;
      return demands.running === 2 && demands.waiting === 1;
    });
    await app.start("b");
    await app.made("b");
    const [, , waiting] = await Promise.all(replies);
    expect(waiting?.status).toBe(503);
    expect(waiting?.body.detail).toMatch(
      /^Segment 40 of 360p is not ready yet; ask again in \d+ s: the source has no key frame after 0 s, and is decoded from there up to 40 s; what others wait for comes first$/,
    );
    // At least its own way, at eight times the speed of the video.
    expect(waiting?.body.retry_after).toBeGreaterThanOrEqual(5);
    expect(waiting?.headers.get("retry-after")).toBe(String(waiting?.body.retry_after));
    released.resolve();
    await app.overall("a", "ok");
  }, 90_000);
});
