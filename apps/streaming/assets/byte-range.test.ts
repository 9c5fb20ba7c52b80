import { expect, test } from "bun:test";
import { ifRangeHolds, resolveRange } from "./byte-range.ts";

const part = (first: number, last: number) => ({ kind: "part" as const, first, last });
const whole = { kind: "whole" as const };
const unsatisfiable = { kind: "unsatisfiable" as const };

test.each([
  ["bytes=0-0", part(0, 0)],
  ["bytes=0-499", part(0, 499)],
  ["bytes=500-999", part(500, 999)],
  ["bytes=999-", part(999, 999)],
  ["bytes=0-", part(0, 999)],
  ["bytes=900-5000", part(900, 999)],
  ["bytes=-1", part(999, 999)],
  ["bytes=-5000", part(0, 999)],
  ["BYTES= 1-2 ", part(1, 2)],
])("of 1000 bytes, %s is a part", (header, expected) => {
  expect(resolveRange(header, 1000)).toEqual(expected);
});

test.each(["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999-"])(
  "of 1000 bytes, %s has none",
  (header) => {
    expect(resolveRange(header, 1000)).toEqual(unsatisfiable);
  },
);

test.each([undefined, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "items=0-1", "0-1"])(
  "%s is ignored, and the whole is sent",
  (header) => {
    expect(resolveRange(header, 1000)).toEqual(whole);
  },
);

test("an offset beyond all numbers is beyond the end", () => {
  expect(resolveRange(`bytes=${"9".repeat(400)}-`, 1000)).toEqual(unsatisfiable);
  expect(resolveRange(`bytes=5-${"9".repeat(400)}`, 1000)).toEqual(part(5, 999));
});

test("an empty file has no part to send", () => {
  expect(resolveRange("bytes=0-", 0)).toEqual(unsatisfiable);
  expect(resolveRange("bytes=-5", 0)).toEqual(whole);
});

test("a range goes on only in the file it was begun with", () => {
  const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
  const segment = { version: "a", lastModified, freshness: "lasting" } as const;
  for (const held of [undefined, null, '"a"', lastModified]) expect(ifRangeHolds(held, segment)).toBe(true);
  for (const lost of ['"b"', 'W/"a"', "a", "Sun, 06 Nov 1994 08:49:38 GMT", ""]) {
    expect(ifRangeHolds(lost, segment)).toBe(false);
  }
});

test("a date does not tell two versions of one second apart, so it holds no range of what may change", () => {
  const lastModified = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const freshness of ["finished", "making"] as const) {
    expect(ifRangeHolds(lastModified, { version: "a", lastModified, freshness })).toBe(false);
    expect(ifRangeHolds('"a"', { version: "a", lastModified, freshness })).toBe(true);
  }
});
