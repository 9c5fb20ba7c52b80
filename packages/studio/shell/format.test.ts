import { expect, test } from "bun:test";
import { ago, bitrate, clock, count, percent, size, span, speed, took } from "./format.ts";

test.each([
  [0, "0 B"],
  [734, "734 B"],
  [999, "999 B"],
  [999.6, "1.0 kB"],
  [1500, "1.5 kB"],
  [99_960, "100 kB"],
  [12_345_678, "12.3 MB"],
  [999_999_999, "1.0 GB"],
  [2 ** 50, "1.1 PB"],
])("%p bytes are %s", (bytes, words) => expect(size(bytes)).toBe(words));

test("rates are in bits, by thousands", () => {
  expect(bitrate(96)).toBe("96 kbit/s");
  expect(bitrate(5800)).toBe("5.8 Mbit/s");
});

test.each([
  [0, "0:00"],
  [7.4, "0:07"],
  [59.6, "1:00"],
  [242, "4:02"],
  [3723, "1:02:03"],
])("%p s on the clock are %s", (seconds, words) => expect(clock(seconds)).toBe(words));

test.each([
  [0, "0 s"],
  [11.2, "12 s"],
  [59.5, "1 min"],
  [200, "4 min"],
  [3600, "1 h"],
  [4790, "1 h 20 min"],
])("%p s take %s", (seconds, words) => expect(span(seconds)).toBe(words));

test("what is not known is a dash, and never a number", () => {
  for (const words of [size(null), bitrate(undefined), clock(null), span(Number.POSITIVE_INFINITY), speed(null)]) {
    expect(words).toBe("–");
  }
});

test("100% is said of what is whole and of nothing else", () => {
  expect(percent(999, 1000)).toBe("99%");
  expect(percent(1000, 1000)).toBe("100%");
  expect(percent(0, 0)).toBe("0%");
});

test("times ago, short times, speeds and counts", () => {
  expect(ago(1000, 1030)).toBe("just now");
  expect(ago(1000, 1180)).toBe("3 minutes ago");
  expect(ago(0, 86_400)).toBe("yesterday");
  expect(took(0.44)).toBe("0.4 s");
  expect(took(75)).toBe("2 min");
  expect(speed(3.24)).toBe("3.2×");
  expect(speed(34.7)).toBe("35×");
  expect(count(1, "video")).toBe("1 video");
  expect(count(0, "video")).toBe("0 videos");
});
