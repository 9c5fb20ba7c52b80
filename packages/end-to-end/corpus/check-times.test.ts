import { describe, expect, test } from "bun:test";
import { checkTimes } from "./check-times.ts";
import { exampleAudio, exampleVideo } from "./example-rendition.ts";

const span = (startSeconds: number, endSeconds: number) => ({ startSeconds, endSeconds });
const video = (startSeconds: number, endSeconds: number, frameSeconds = 0.04) => ({
  ...span(startSeconds, endSeconds),
  width: 640,
  height: 360,
  frameSeconds,
});
const check = (rung: [number, number], audio: [number, number], source: Parameters<typeof checkTimes>[2]) =>
  checkTimes([exampleVideo(span(...rung))], [exampleAudio(span(...audio))], source);

describe("length", () => {
  const source = { video: video(0, 4), audios: [span(0, 4)] };

  test("a frame of video and 50 ms of audio are allowed", () => {
    expect(check([0, 3.96], [0, 4.049], source).differences).toEqual([]);
  });

  test("more is told with figures", () => {
    expect(check([0, 3.9], [0, 4.06], source).differences).toEqual([
      "360p: it lasts 3.900 s, the source 4.000 s; 42 ms are allowed",
      "audio: it lasts 4.060 s, the source 4.000 s; 50 ms are allowed",
    ]);
  });

  test("above 60 frames a second, one of 60 is allowed", () => {
    const fast = { video: video(0, 4, 1 / 240), audios: [span(0, 4)] };
    expect(check([0, 4.016], [0, 4], fast).differences).toEqual([]);
    expect(check([0, 4.03], [0, 4], fast).differences).toHaveLength(1);
  });
});

describe("video against audio", () => {
  const late = { video: video(5, 9), audios: [span(5.5, 9.5)] };

  test("the file's own beginning does not matter", () => {
    expect(check([0, 4], [0.5, 4.5], late)).toMatchObject({ differences: [], seconds: 4, sourceSeconds: 4 });
    expect(check([0, 4], [0.5, 4.5], late).syncSeconds).toBeCloseTo(0);
  });

  test("late audio may be filled with silence", () => {
    expect(check([0, 4], [0, 4.5], late).differences).toEqual([]);
  });

  test("what both come after, a first subtitle say, is filled as well", () => {
    const source = { video: video(0.067, 1.035), audios: [span(0.13, 1.14)], beginSeconds: 0 };
    expect(check([0.067, 1.035], [0, 1.14], source).differences).toEqual([]);
  });

  test("late audio that simply comes too early is told", () => {
    const timing = check([0, 4], [0, 4], late);
    expect(timing.syncSeconds).toBeCloseTo(0.5);
    expect(timing.differences).toEqual(["360p: the video comes 0.500 s late against audio"]);
  });

  test("a late video may hold its first frame, or come late, and nothing else", () => {
    const source = { video: video(1, 10), audios: [span(0, 10)] };
    expect(check([0, 10], [0, 10], source).differences).toEqual([]);
    expect(check([1, 10], [0, 10], source).differences).toEqual([]);
    expect(check([0, 9], [0, 10], source).differences).toEqual(["360p: the video comes 1.000 s early against audio"]);
  });
});

test("each track is compared with the one that is nearest in length, and a missing one is told", () => {
  const source = { video: video(0, 4), audios: [span(0, 4), span(0, 3)] };
  const short = exampleAudio({ uri: "audio-2/playlist.m3u8", endSeconds: 3 });
  expect(checkTimes([exampleVideo()], [short, exampleAudio()], source).differences).toEqual([]);
  expect(checkTimes([exampleVideo()], [short], source).differences).toEqual([
    "Audio tracks: 1 in the stream, 2 in the source",
  ]);
});

test("audio alone is measured by itself", () => {
  const timing = checkTimes([], [exampleAudio()], { video: null, audios: [span(0.25, 4.25)] });
  expect(timing).toEqual({ differences: [], seconds: 4, sourceSeconds: 4, syncSeconds: null });
});
