import { describe, expect, test } from "bun:test";
import { mendedTimes } from "./wrong-times.ts";

const every = (seconds: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, position) => from + position * seconds);

/** Frames that are decoded before those they follow: in fours, the last one first. */
const reordered = every(0.04, 100).map((_, n) => 0.04 * (n === 0 ? 0 : n % 4 === 1 ? n + 3 : n - 1));

const changed = (times: number[], changes: Record<number, number>) =>
  times.map((time, packet) => changes[packet] ?? time);

describe("time stamps that cannot be right", () => {
  test.each([
    ["three hours ahead", every(0.04, 300), { 60: 10_800 }],
    ["three hours ahead, among frames in another order", reordered, { 41: 10_800 }],
    ["a second ahead", every(0.04, 300), { 60: 3.4 }],
    ["far behind", every(0.04, 300), { 250: 1 }],
    ["two of them, apart", every(0.04, 300), { 60: 10_800, 200: 0.04 }],
    ["two of them, together", every(0.04, 300), { 60: 10_800, 61: 10_800.04 }],
    ["before zero", every(0.04, 300), { 60: -3600 }],
    ["of slides", every(10, 100), { 40: 1e6 }],
  ])("%s get the place that is free", (_, times, changes) => {
    const mended = mendedTimes(changed(times, changes), (times[2] ?? 0) - (times[1] ?? 0) > 5 ? 10 : 0.04);
    expect(mended.map(({ packet }) => packet)).toEqual(Object.keys(changes).map(Number));
    for (const { packet, seconds } of mended) expect(seconds).toBeCloseTo(times[packet] ?? 0, 6);
  });

  test.each([
    ["frames in the order of decoding", reordered],
    ["the end of frames in the order of decoding", reordered.slice(0, 98)],
    ["a pause of an hour", [...every(0.04, 100), ...every(0.04, 100, 3604)]],
    ["a last frame after a pause of an hour", [...every(0.04, 100), 3604]],
    ["a first frame an hour before the second", [0, ...every(0.04, 100, 3600)]],
    ["two frames at one time", [...every(0.04, 50), 1.96, ...every(0.04, 50, 2)]],
    ["a clock that starts anew", [...every(0.04, 100), ...every(0.04, 100)]],
    ["packets without a time", every(0.04, 100).map((time, n) => (n % 3 ? time : Number.NaN))],
    ["one frame", [5]],
    ["nothing", []],
  ])("are none in %s", (_, times) => {
    expect(mendedTimes(times, 0.04)).toEqual([]);
  });

  test("are none in slides in the order of decoding", () => {
    expect(mendedTimes([0, 30, 10, 20, 60, 40, 50], 10)).toEqual([]);
  });
});
