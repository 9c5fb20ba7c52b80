import { expect, test } from "bun:test";
import { scaleFor, stepPath, timeTicks } from "./plot.ts";

test.each([
  [[[0, null]], 1, 4],
  [[[950], [120]], 1000, 5],
  [[[1000]], 1000, 4],
  [[[1001, null]], 1500, 3],
  [[[4200]], 5000, 5],
  [[[8100]], 10_000, 5],
])("the scale of %p ends at %p in %p parts", (values, top, parts) => {
  expect(scaleFor(values)).toEqual({ top, parts });
  expect(top / parts).toBe(Number((top / parts).toPrecision(2)));
});

test("a scale of time has few steps, where people would make them", () => {
  expect(timeTicks(62, 6)).toEqual([0, 15, 30, 45, 60]);
  expect(timeTicks(3, 6)).toEqual([0, 1, 2, 3]);
  expect(timeTicks(7300, 6)).toHaveLength(5);
});

test("a curve goes in steps, with a gap where nothing is known", () => {
  const area = { width: 100, height: 50, step: 25, top: 10 };
  expect(stepPath([10, 5, null, 0], area)).toBe("M0 0H25V25H50M75 50H100");
  expect(stepPath([10, 5], { ...area, step: 60 })).toBe("M0 0H60V25H100");
  expect(stepPath([null], area)).toBe("");
  expect(stepPath([], area)).toBe("");
});
