import { describe, expect, test } from "bun:test";
import { createFrameTimesCollector } from "./frame-times.ts";

interface Given {
  frameRate?: number;
  isInterlaced?: boolean;
  /** Of the last frame. */
  duration?: number;
}

/** In the order of decoding; null is a packet without a time. */
function timesOf(times: (number | null)[], { frameRate = 25, isInterlaced = false, duration = 0 }: Given = {}) {
  const collector = createFrameTimesCollector();
  for (const time of times)
    collector.add({ pts: time ?? Number.NaN, dts: Number.NaN, duration, isShown: true, isKey: false });
  return collector.result({ frameRate, isInterlaced, reorderedFrames: 0, origin: 0 });
}

const every = (seconds: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, position) => from + position * seconds);

describe("the times of frames", () => {
  test("keep a constant rate, also in whole milliseconds and in the order of decoding", () => {
    const ntsc = every(1001 / 30_000, 3000).map((time) => Math.round(time * 1000) / 1000);
    expect(timesOf(ntsc, { frameRate: 30_000 / 1001 })).toMatchObject({ isConstant: true, frameRate: 30_000 / 1001 });
    const reordered = [0, 0.12, 0.04, 0.08, 0.24, 0.16, 0.2];
    const told = timesOf(reordered, { duration: 0.04 });
    expect(told).toMatchObject({ isConstant: true, frameRate: 25, startSeconds: 0, lastSeconds: 0.24 });
    expect(told?.endSeconds).toBeCloseTo(0.28, 9);
  });

  test("are those at which the decoder gives frames out, where packets tell when to decode them alone", () => {
    const collector = createFrameTimesCollector();
    for (const dts of every(0.04, 100))
      collector.add({ pts: Number.NaN, dts, duration: 0.04, isShown: true, isKey: false });
    const told = collector.result({ frameRate: 25, isInterlaced: false, reorderedFrames: 2, origin: 0 });
    expect(told).toMatchObject({ isConstant: true, startSeconds: 0.08 });
    expect(told?.endSeconds).toBeCloseTo(4.08, 9);
  });

  test("keep a constant rate where two recordings are joined within a frame", () => {
    const joined = [...every(0.04, 75, 0.021), ...every(0.04, 75, 3)];
    expect(timesOf(joined)).toMatchObject({ isConstant: true, frameRate: 25 });
    expect(timesOf([...joined, ...every(0.04, 75, 6.015)])?.isConstant).toBe(false);
  });

  test("keep a constant rate that the container rounds", () => {
    expect(timesOf(every(1001 / 24_000, 10_000), { frameRate: 23.98 })?.isConstant).toBe(true);
    expect(timesOf(every(1001 / 24_000, 10_000), { frameRate: 23.98 })?.frameRate).toBeCloseTo(24_000 / 1001, 6);
  });

  test.each([
    ["a single pause in an hour", [...every(0.04, 45_000), ...every(0.04, 45_000, 1806)]],
    ["one frame that is missing", every(0.04, 1000).filter((_, position) => position !== 500)],
    ["two frames at one time", [...every(0.04, 100), 4, 4]],
    ["times that waver", every(0.04, 100).map((time, position) => time + (position % 3) * 0.003)],
  ])("are variable with %s", (_, times) => {
    expect(timesOf(times)).toMatchObject({ isConstant: false, frameRate: 25 });
  });

  test("are variable where the last frame is held, and end where it does", () => {
    expect(timesOf([0, 0.04, 0.08], { duration: 1.57 })).toMatchObject({ isConstant: false, endSeconds: 0.08 + 1.57 });
  });

  test("have the highest rate of any second", () => {
    const burst = [...every(0.1, 50), ...every(0.02, 100, 5), ...every(0.1, 50, 7)];
    expect(timesOf(burst, { frameRate: 14 })?.frameRate).toBe(50);
    expect(timesOf([0, 10, 40], { frameRate: 0 })?.frameRate).toBe(0.1);
  });

  test.each([
    [1000, 0, 25, 0.04],
    [90_000, 0.00001, 25, 0.04],
    [0, 0, 25, 0.04],
    [10, 0, 10, 0.1],
    [1000, 3, 25, 3],
  ])("of one frame, at %d frames a second and %d s long, are plausible", (nominal, duration, frameRate, endSeconds) => {
    expect(timesOf([0], { frameRate: nominal, duration })).toMatchObject({ isConstant: false, frameRate, endSeconds });
  });

  test("are those of frames where the packets are fields", () => {
    expect(timesOf(every(0.02, 100), { isInterlaced: true })).toMatchObject({ isConstant: true, frameRate: 25 });
  });

  test("are not known where most packets have none", () => {
    expect(timesOf([])).toBeNull();
    expect(timesOf([0, null, null, null])).toBeNull();
  });
});
