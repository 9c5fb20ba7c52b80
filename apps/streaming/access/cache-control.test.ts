import { expect, test } from "bun:test";
import { cacheControlOfPrivate } from "./cache-control.ts";

test.each([
  ["public, max-age=31536000, immutable", "private, max-age=31536000, immutable"],
  ["PUBLIC, s-maxage=60, max-age=5", "private, max-age=5"],
  ["no-cache", "private, no-cache"],
  ["private, no-cache", "private, no-cache"],
  ["no-store", "no-store"],
  ["max-age=5,stale-while-revalidate=9", "private, max-age=5"],
  [null, "private"],
  ["", "private"],
])("%j is %j for the viewer alone", (header, expected) => {
  expect(cacheControlOfPrivate(header, "viewer", 60)).toBe(expected);
});

test.each([
  ["public, max-age=31536000, immutable", "public, max-age=31536000, immutable, s-maxage=59"],
  ["public, s-maxage=600, max-age=5, stale-if-error=9", "public, max-age=5, s-maxage=5"],
  ["no-cache", "public, no-cache"],
  ["no-store", "no-store"],
  [null, "private"],
])("%j is %j where shared caches may keep it until the token expires", (header, expected) => {
  expect(cacheControlOfPrivate(header, "shared", 59.9)).toBe(expected);
});
