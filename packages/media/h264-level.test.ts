import { expect, test } from "bun:test";
import { avcCodec, h264Level } from "./h264-level.ts";

test.each([
  ["360p at 25", 640, 360, 25, 1100, 2200, 30],
  ["720p at 30", 1280, 720, 30, 3900, 5800, 31],
  ["720p at 60", 1280, 720, 60, 3900, 5800, 32],
  ["1080p at 30", 1920, 1080, 30, 6400, 9600, 40],
  ["1080p at 60", 1920, 1080, 60, 6400, 9600, 42],
  ["portrait 1080p at 30", 1080, 1920, 30, 6400, 9600, 40],
])("the level of %s", (_, width, height, frameRate, maxrateKbps, bufferKbps, level) => {
  expect(h264Level({ width, height, frameRate, maxrateKbps, bufferKbps })).toBe(level);
});

test("the codec string is Main profile and the level in hexadecimal", () => {
  expect(avcCodec(40)).toBe("avc1.4d4028");
});
