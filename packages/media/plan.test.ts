import { describe, expect, test } from "bun:test";
import { exampleFacts, examplePlan } from "./example-plan.ts";
import { makePlan } from "./make-plan.ts";
import {
  gridIndex,
  gridSeconds,
  Plan,
  plannedSeconds,
  plannedStartSeconds,
  segmentSpan,
  videoRenditions,
} from "./plan.ts";

describe("the plan", () => {
  test("is the same for the same facts, and survives JSON", () => {
    const plan = examplePlan();
    expect(examplePlan()).toEqual(plan);
    expect(Plan.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  test.each([
    [26, 9],
    [24, 8],
    [24.04, 8],
    [24.44, 8],
    [24.48, 9],
    [3, 3],
    [1.2, 1],
    [0.04, 1],
  ])("%d s at 25 frames a second have %d segments: a last one of less than 0.45 s is none", (endSeconds, count) => {
    const plan = examplePlan({ endSeconds });
    const [rung] = plan.renditions;
    if (!rung) throw new Error("no rung");
    expect(rung.segmentCount).toBe(count);
    // The last segment has all that is left.
    expect(segmentSpan(plan, rung, count - 1).endSeconds).toBe(endSeconds);
    const planned = Array.from({ length: count }, (_, index) => plannedSeconds(plan, rung, index));
    expect(planned.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(endSeconds, 9);
    // What EXT-X-TARGETDURATION says of the grid is true of the longer one, too.
    expect(Math.max(...planned.map(Math.round))).toBeLessThanOrEqual(plan.segmentSeconds);
  });

  test("audio has one rendition, at the rate of the highest rung made", () => {
    const [audio] = examplePlan().renditions.filter((rendition) => rendition.kind === "audio");
    expect(audio).toMatchObject({ name: "audio", kbps: 192, codec: "mp4a.40.2", stream: 1 });
    const slow = makePlan(exampleFacts(), { segmentSeconds: 4, networkSpeed: 0.5 });
    expect(slow.renditions.at(-1)).toMatchObject({ kind: "audio", kbps: 96 });
  });

  test("has a quality a rung, or none where mean bit rates are asked for; a plan of before has none", () => {
    const qualities = (plan: Plan) => videoRenditions(plan).map(({ quality }) => quality);
    expect(qualities(examplePlan())).toEqual([23, 22, 21, 21]);
    const byBitRate = makePlan(exampleFacts(), { segmentSeconds: 4, networkSpeed: 10, rateControl: "bitrate" });
    expect(qualities(byBitRate)).toEqual([undefined, undefined, undefined, undefined]);
    expect(qualities(Plan.parse(JSON.parse(JSON.stringify(byBitRate))))).toEqual(qualities(byBitRate));
  });

  test("brings more than 60 frames a second to 60", () => {
    expect(examplePlan({ frameRate: 120, frameRateNumerator: 120 }).video).toMatchObject({
      frameRate: 60,
      cappedFrameRate: true,
      timescale: 30_720,
    });
    expect(examplePlan({ frameRate: 59.94, frameRateNumerator: 60_000 }).video).toMatchObject({
      cappedFrameRate: false,
      timescale: 60_000,
    });
    expect(examplePlan({ variableFrameRate: true }).video?.timescale).toBe(90_000);
  });

  test("puts a segment where the grid says, and the last one's end where the rendition ends", () => {
    const silent = { ...exampleFacts({ startSeconds: 0.5 }), audio: [] };
    const plan = makePlan(silent, { segmentSeconds: 4, networkSpeed: 10 });
    const [rung] = plan.renditions;
    if (!rung) throw new Error("no rung");
    expect(segmentSpan(plan, rung, 0)).toEqual({ startSeconds: 0.5, endSeconds: 1 });
    expect(segmentSpan(plan, rung, 5)).toEqual({ startSeconds: 12, endSeconds: 16 });
    expect(segmentSpan(plan, rung, 8)).toEqual({ startSeconds: 24, endSeconds: 26 });
  });

  test.each([
    [4, {}, [0, 1, 2, 4, 8, 12]],
    [6, {}, [0, 1, 2, 4, 6, 12]],
    [1, {}, [0, 1, 2, 3, 4, 5]],
    [4, { startSeconds: 0.6 }, [0, 2, 4, 8, 12, 16]],
    [4, { startSeconds: 3 }, [0, 4, 8, 12, 16, 20]],
    [4, { frameRate: 1, frameRateNumerator: 1 }, [0, 4, 8, 12, 16, 20]],
  ])("cuts a first interval of %d s so that something is there soon (%o)", (segmentSeconds, video, starts) => {
    const plan = makePlan({ ...exampleFacts(video), audio: [] }, { segmentSeconds, networkSpeed: 10 });
    expect(starts.map((_, index) => gridSeconds(plan, "video", index))).toEqual(starts);
    expect(starts.map((_, index) => gridSeconds(plan, "audio", index))).toEqual(
      starts.map((_, i) => i * segmentSeconds),
    );
    for (const kind of ["video", "audio"] as const) {
      for (let index = 0; index < 10; index++) {
        const begin = gridSeconds(plan, kind, index);
        expect(gridIndex(plan, kind, begin)).toBe(index);
        expect(gridIndex(plan, kind, gridSeconds(plan, kind, index + 1) - 0.001)).toBe(index);
      }
    }
  });

  test("begins and ends the video with the audio where they are far apart", () => {
    const apart = (video: object, audio: object) => {
      const facts = exampleFacts(video);
      const tracks = facts.audio.map((one) => ({ ...one, ...audio }));
      return makePlan({ ...facts, audio: tracks }, { segmentSeconds: 4, networkSpeed: 10 });
    };
    expect(apart({ startSeconds: 0.04, endSeconds: 26 }, { endSeconds: 30 }).video).toMatchObject({
      startSeconds: 0.04,
      endSeconds: 26,
    });
    expect(apart({ startSeconds: 1 }, {}).video).toMatchObject({ startSeconds: 0, heldUntilSeconds: 1 });
    const long = apart({ endSeconds: 26 }, { endSeconds: 40 });
    expect(long.video).toMatchObject({ heldFromSeconds: 26, endSeconds: 40 });
    expect(long.renditions[0]?.segmentCount).toBe(12);
    const short = apart({ endSeconds: 26 }, { endSeconds: 20 });
    expect(short.renditions.at(-1)).toMatchObject({ silentFromSeconds: 20, endSeconds: 26, segmentCount: 7 });
  });

  test("knows how long a segment will be before it is made: the frames and packets that begin in its interval", () => {
    const plan = examplePlan({ frameRate: 24_000 / 1001, frameRateNumerator: 24_000, endSeconds: 26.026 });
    const [rung] = plan.renditions;
    const audio = plan.renditions.at(-1);
    if (!rung || !audio) throw new Error("no rendition");
    const durations = Array.from({ length: rung.segmentCount }, (_, index) => plannedSeconds(plan, rung, index));
    expect(durations[0]).toBeCloseTo((24 * 1001) / 24_000, 9);
    expect(durations.reduce((sum, seconds) => sum + seconds, 0)).toBeCloseTo(26.026, 9);
    expect(plannedSeconds(plan, audio, 0)).toBeCloseTo((188 * 1024) / 48_000, 9);
    expect(plannedSeconds(plan, audio, 1)).toBeCloseTo((187 * 1024) / 48_000, 9);
  });

  test.each([
    ["a variable rate", { variableFrameRate: true, frameRate: 29.7 }],
    ["slides", { frameRate: 1 / 30, frameRateNumerator: 1 }],
  ])("of %s has every segment on the grid, whatever frames the source has there", (_, video) => {
    const plan = examplePlan({ ...video, endSeconds: 26.3 });
    const [rung] = plan.renditions;
    if (!rung) throw new Error("no rung");
    for (let index = 0; index < rung.segmentCount; index++) {
      const { startSeconds, endSeconds } = segmentSpan(plan, rung, index);
      expect(startSeconds).toBe(gridSeconds(plan, "video", index));
      expect(plannedStartSeconds(plan, rung, index)).toBe(startSeconds);
      expect(plannedSeconds(plan, rung, index)).toBe(endSeconds - startSeconds);
    }
    expect(segmentSpan(plan, rung, rung.segmentCount - 1).endSeconds).toBe(26.3);
    expect(plan.video?.frameRate).toBeGreaterThanOrEqual(1);
  });
});
