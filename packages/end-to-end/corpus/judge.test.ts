import { describe, expect, test } from "bun:test";
import { exampleAudio, exampleVideo } from "./example-rendition.ts";
import { judge } from "./judge.ts";
import type { Outcome } from "./outcome.ts";

const source = {
  video: { width: 640, height: 360, startSeconds: 0, endSeconds: 4, frameSeconds: 0.04 },
  audios: [{ startSeconds: 0, endSeconds: 4 }],
};
const stream = { master: "", videos: [exampleVideo()], audios: [exampleAudio()], others: [] };
const audioAlone = { ...stream, videos: [] };
const ok: Outcome = { end: "ok", reason: "", warnings: [], seconds: 2, looked: { stream, source }, lookError: null };
const failed: Outcome = { ...ok, end: "error", reason: "No video in it", looked: null };
const differences = (...[expectation, outcome]: Parameters<typeof judge>) => judge(expectation, outcome).differences;

describe("a stream", () => {
  test("is right for whatever may become one", () => {
    for (const expectation of ["video", "video-or-error", "any"] as const) {
      expect(differences(expectation, ok)).toEqual([]);
    }
    expect(differences("error", ok)).toEqual(["It should be turned away and is ok"]);
  });

  test("of audio alone is right where there is no video to decode", () => {
    for (const expectation of ["audio", "audio-or-error"] as const) {
      expect(differences(expectation, { ...ok, looked: { stream: audioAlone, source } })).toEqual([]);
      expect(differences(expectation, ok)).toContain("There is no video, and yet the master lists 1 rungs");
    }
    const blind = { ...source, video: null };
    expect(differences("any", { ...ok, looked: { stream: audioAlone, source: blind } })).toEqual([]);
    expect(differences("video", { ...ok, looked: { stream: audioAlone, source } })).toEqual([
      "The rungs are ; a source of 640.0x360.0 gets 360p",
    ]);
  });

  test("that does not decode, or does not end, or could not be looked at", () => {
    const decodeErrors = ["Invalid NAL unit size", "no frame"];
    const videos = [exampleVideo({ decodeErrors, ended: false })];
    expect(differences("video", { ...ok, looked: { source, stream: { ...stream, videos } } })).toEqual([
      '360p: ffmpeg says "Invalid NAL unit size", and 1 lines more',
      "360p: the playlist has no end",
    ]);
    expect(differences("video", { ...ok, looked: null, lookError: "/a.m4s answered 404" })).toEqual([
      "/a.m4s answered 404",
    ]);
  });
});

describe("an end without a stream", () => {
  test("is right with a reason where it may be", () => {
    for (const expectation of ["video-or-error", "audio-or-error", "error", "any"] as const) {
      expect(differences(expectation, failed)).toEqual([]);
      expect(differences(expectation, { ...failed, reason: " " })).toEqual(["It ended as error without a reason"]);
    }
    expect(differences("error", { ...failed, end: "refused", reason: "Unsupported file type" })).toEqual([]);
  });

  test("is wrong where a stream was due", () => {
    expect(differences("video", failed)).toEqual(["It should be ok and is error: No video in it"]);
  });

  test("comes at once where a file cannot be used", () => {
    expect(differences("error", { ...failed, seconds: 6 })).toEqual([
      "It was turned away after 6.0 s; 5 s are allowed",
    ]);
  });
});

test("what never ends is wrong whatever was expected", () => {
  const hanging: Outcome = { ...failed, end: "unfinished", reason: "it is running at 40%" };
  expect(differences("any", hanging)).toEqual(["It never ended: it is running at 40%"]);
});
