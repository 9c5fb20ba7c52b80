import { expect, test } from "bun:test";
import { estimateWait } from "./estimate-wait.ts";

test("the wait follows from the pace so far, and is never less than a second", () => {
  const way = { fromSeconds: 0, toSeconds: 100, tookSeconds: 8 };
  expect(estimateWait(way, 352)).toBe(21);
  expect(estimateWait({ ...way, fromSeconds: 60 }, 352)).toBe(51);
  expect(estimateWait({ ...way, toSeconds: 355 }, 352)).toBe(1);
});

test("nothing is said where nothing was passed yet", () => {
  expect(estimateWait(null, 352)).toBeNull();
  expect(estimateWait({ fromSeconds: 0, toSeconds: 0, tookSeconds: 3 }, 352)).toBeNull();
});
