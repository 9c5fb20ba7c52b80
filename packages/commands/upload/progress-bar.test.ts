import { expect, test } from "bun:test";
import { duration, progressBar } from "./progress-bar.ts";

test("tells bytes, percent, speed and what is left", () => {
  const half = { sentBytes: 12_000_000, totalBytes: 24_000_000, sentNowBytes: 12_000_000, secondsNow: 3 };
  expect(progressBar(half)).toBe("[############            ]  50%  12.0 of 24.0 MB  4.0 MB/s  0:03 left");
});

test("a resumed upload is timed by what this run sent", () => {
  const resumed = { sentBytes: 22_000_000, totalBytes: 24_000_000, sentNowBytes: 1_000_000, secondsNow: 1 };
  expect(progressBar(resumed)).toEndWith("91%  22.0 of 24.0 MB  1.0 MB/s  0:02 left");
});

test("before anything was sent there is no speed, and 100% only at the end", () => {
  const none = { sentBytes: 0, totalBytes: 10, sentNowBytes: 0, secondsNow: 5 };
  expect(progressBar(none)).toBe("[                        ]   0%  0.0 of 0.0 MB");
  expect(progressBar({ ...none, sentBytes: 999, totalBytes: 1000 })).toContain(" 99%");
  expect(progressBar({ ...none, sentBytes: 1000, totalBytes: 1000 })).toContain("[########################] 100%");
  expect(progressBar({ ...none, totalBytes: 0 })).toContain("100%");
});

test("a duration reads like a clock", () => {
  expect([0, 9, 60, 754, 3725].map(duration)).toEqual(["0:00", "0:09", "1:00", "12:34", "1:02:05"]);
});
