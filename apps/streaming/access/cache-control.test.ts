import { expect, test } from "bun:test";
import { forOneViewer } from "./cache-control.ts";

test.each([
  ["public, max-age=31536000, immutable", "private, max-age=31536000, immutable"],
  ["PUBLIC, s-maxage=60, max-age=5", "private, max-age=5"],
  ["no-cache", "private, no-cache"],
  ["private, no-cache", "private, no-cache"],
  ["no-store", "no-store"],
  ["max-age=5,stale-while-revalidate=9", "private, max-age=5, stale-while-revalidate=9"],
  [null, "private"],
  ["", "private"],
])("%j is %j for one viewer", (header, expected) => {
  expect(forOneViewer(header)).toBe(expected);
});
