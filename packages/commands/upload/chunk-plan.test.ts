import { expect, test } from "bun:test";
import { chunkBytesFor, slicesOf, totalChunks } from "./chunk-plan.ts";

const mebibyte = 1024 * 1024;

test("every byte of a file is in exactly one chunk", () => {
  for (const fileBytes of [1, 9, 10, 11, 20, 95]) {
    const slices = slicesOf([...Array(totalChunks(fileBytes, 10)).keys()], fileBytes, 10);
    expect(slices[0]?.start).toBe(0);
    expect(slices.at(-1)?.end).toBe(fileBytes);
    for (const [n, slice] of slices.slice(1).entries()) expect(slice.start).toBe(slices[n]?.end ?? -1);
    expect(slices.every((slice) => slice.end > slice.start)).toBeTrue();
  }
});

test("only what is missing is sent", () => {
  expect(slicesOf([1, 3], 35, 10)).toEqual([
    { index: 1, start: 10, end: 20 },
    { index: 3, start: 30, end: 35 },
  ]);
});

test("an empty file is one empty chunk", () => {
  expect(totalChunks(0, 10)).toBe(1);
  expect(slicesOf([0], 0, 10)).toEqual([{ index: 0, start: 0, end: 0 }]);
});

test("chunks are 4 MiB until there would be more of them than are taken", () => {
  expect(chunkBytesFor(1)).toBe(4 * mebibyte);
  expect(chunkBytesFor(100_000 * 4 * mebibyte)).toBe(4 * mebibyte);
  const huge = 100_000 * 4 * mebibyte + 1;
  expect(chunkBytesFor(huge)).toBe(5 * mebibyte);
  expect(totalChunks(huge, chunkBytesFor(huge))).toBeLessThanOrEqual(100_000);
});
