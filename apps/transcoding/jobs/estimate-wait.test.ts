import { expect, test } from "bun:test";
import { estimateWait } from "./estimate-wait.ts";

const way = { fromSeconds: 0, toSeconds: 100, tookSeconds: 8 };
const far = { fromSeconds: 0, endSeconds: 600, way: null };

test("the wait follows from the pace so far, and is never less than a second", () => {
  expect(estimateWait({ ...far, way }, 352, [], 2)).toBe(21);
  expect(estimateWait({ ...far, way: { ...way, fromSeconds: 60 } }, 352, [], 2)).toBe(51);
  expect(estimateWait({ ...far, way: { ...way, toSeconds: 355 } }, 352, [], 2)).toBe(1);
});

test("where nothing was passed yet the whole way is counted, at the pace of decoders in general", () => {
  expect(estimateWait(far, 352, [], 2)).toBe(44);
  expect(estimateWait({ ...far, way: { fromSeconds: 0, toSeconds: 0, tookSeconds: 3 } }, 352, [], 2)).toBe(44);
});

test("what waits for a worker waits for those before it, at the pace that they have", () => {
  const running = { ...far, way };
  // Of two workers, each has 500 s of video left, 0.08 s for each; then come the 352 s of its own.
  expect(estimateWait(far, 352, [running, running], 2)).toBe(69);
  // One that waits before it has its whole way.
  expect(estimateWait(far, 352, [running, running, far], 2)).toBe(93);
});
