import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, readdir } from "node:fs/promises";
import { muxedInitFile as initName, muxedSegmentFile as segmentName } from "@video-backend/storage/layout";
import { createWorld, makeClip } from "@video-backend/testing";
import { audioCommand } from "./audio-command.ts";
import { checkPlacement, measureSegment, SegmentError } from "./check-segment.ts";
import { libx264 } from "./encoders.ts";
import { makePlan } from "./make-plan.ts";
import { probe } from "./probe.ts";
import { run } from "./spawn.ts";
import { videoCommand } from "./video-command.ts";

/** Six seconds at two-second segments, the first one in two, of which all are encoded that begin at two seconds or later. */
async function encodeLater() {
  const world = createWorld();
  const source = await makeClip(world.path("clip.mp4"), { seconds: 6, width: 320, height: 240 });
  const plan = makePlan(await probe(source, run), { segmentSeconds: 2, networkSpeed: 10 });
  const settings = {
    source,
    directory: world.directory,
    threads: 1,
    x264Preset: "veryfast",
    encoder: libx264,
    reportSeconds: 0.1,
  };
  await Promise.all([mkdir(world.path("360p")), mkdir(world.path("audio"))]);
  const commands = [
    videoCommand(plan, { kind: "video", renditions: ["360p"], first: 2, count: 2 }, settings),
    audioCommand(plan, { kind: "audio", renditions: ["audio"], first: 0, count: 3 }, settings),
  ];
  for (const command of commands) expect(await run("ffmpeg", command)).toMatchObject({ exitCode: 0, errors: "" });
  const init = (rendition: string) => Bun.file(world.path(rendition, initName)).arrayBuffer();
  const segment = (rendition: string, index: number) => Bun.file(world.path(rendition, segmentName(index)));
  return { world, init, segment, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe("a segment", () => {
  /** Nothing here changes it. */
  let encoded: Awaited<ReturnType<typeof encodeLater>>;
  beforeAll(async () => {
    encoded = await encodeLater();
  }, 30_000);
  afterAll(() => encoded?.[Symbol.asyncDispose]());

  test("of the video begins and ends on the grid, wherever its chunk began", async () => {
    expect((await readdir(encoded.world.path("360p"))).filter((name) => name.endsWith(".m4s")).sort()).toEqual([
      "2.m4s",
      "3.m4s",
    ]);
    for (const index of [2, 3]) {
      const measured = await measureSegment(await encoded.init("360p"), encoded.segment("360p", index));
      expect(measured.startSeconds).toBeCloseTo((index - 1) * 2, 6);
      expect(measured).toMatchObject({ durationSeconds: 2, samples: 50, codec: "avc1.4d401e" });
      expect(measured.keyFrameBytes).toBeGreaterThan(1000);
      expect(measured.keyFrameBytes).toBeLessThan(measured.bytes);
    }
  });

  test("of audio begins within a packet of the grid", async () => {
    for (const index of [0, 1, 2]) {
      const measured = await measureSegment(await encoded.init("audio"), encoded.segment("audio", index));
      expect(Math.abs(measured.startSeconds - index * 2)).toBeLessThan(0.03);
      expect(measured.codec).toBe("mp4a.40.2");
    }
  });

  test("that is cut short, empty, elsewhere or too short is refused with the reason", async () => {
    const init = await encoded.init("360p");
    const whole = encoded.segment("360p", 2);
    const expected = { startSeconds: 2, endSeconds: 4, slackSeconds: 0.06 };
    const check = async (segment: Blob, more: object = {}) => {
      try {
        checkPlacement(await measureSegment(init, segment), { ...expected, ...more });
        return "taken";
      } catch (error) {
        return error instanceof SegmentError ? error.message : error;
      }
    };
    expect(await check(whole)).toBe("taken");
    expect(await check(whole.slice(0, whole.size - 10))).toBe(
      `Its boxes are ${whole.size} bytes and the file ${whole.size - 10}`,
    );
    expect(await check(new Blob([]))).toBe("It has no fragment of a track");
    expect(await check(whole, { startSeconds: 4, endSeconds: 6 })).toBe("It begins at 2.000 s instead of 4.000 s");
    expect(await check(whole, { endSeconds: 6 })).toBe("It ends at 4.000 s instead of 6.000 s");
  });
});
