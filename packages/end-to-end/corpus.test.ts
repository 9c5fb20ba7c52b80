/**
 * A representative part of `bun run corpus`, judged in the same way: real files of many kinds through the running system.
 * Skipped where the shared media folder is not there.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mediaFolder } from "@video-backend/testing/media";
import { checkAftermath } from "./corpus/aftermath.ts";
import { judge } from "./corpus/judge.ts";
import { runFile } from "./corpus/run-file.ts";
import { wantedFiles } from "./corpus/wanted-files.ts";
import { type System, startSystem } from "./system.ts";

/** Short ones, each of another kind. */
const representative = [
  "audioonly-mp3-cover.mp3",
  "av-audio-starts-05s.mkv",
  "av-video-starts-1s-late.mp4",
  "corrupt-broken-nomoov.mp4",
  "hevc-hlg-1080p-colorchart.mp4",
  "interlaced-avchd-1080i50.mts",
  "lies-duration-39h.mp4",
  "multiaudio-2xaac-320x180.mp4",
  "odd-161x121-vp9.webm",
  "portrait-270x480-vfr120.mp4",
  "prores422-180x144-aac.mov",
  "rot90-iphone-568x320.mov",
  "subs-srt.mkv",
  "tiny-1x1-h264.mp4",
  "ts-audio-only-zero-frame-video.ts",
  "ts-h264-720p30-duplicate-audio-dts.ts",
  "zero-length.webm",
];

const isThere = existsSync(mediaFolder);
const files = isThere ? (await wantedFiles(mediaFolder)).filter(({ file }) => representative.includes(file)) : [];

describe.skipIf(!isThere)("as its index says comes out", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  }, 60_000);
  afterAll(() => system[Symbol.asyncDispose]());

  test("each of the list", () => {
    expect(files.map(({ file }) => file)).toEqual(representative);
  });

  test.each(files)(
    "$file",
    async ({ path, expectation }) => {
      const outcome = await runFile(system, path);
      expect(judge(expectation, outcome).differences).toEqual([]);
    },
    60_000,
  );

  test("and the system is well after all of them", async () => {
    expect(await checkAftermath(system)).toEqual([]);
  });
});
