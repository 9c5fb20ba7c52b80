import { describe, expect, test } from "bun:test";
import { sourceFacts } from "./source-facts.ts";

const videoStream = { index: 0, codec_type: "video", width: 640, height: 360, r_frame_rate: "25/1" };
const audioStream = { index: 1, codec_type: "audio", sample_rate: "48000" };

/** Frames of a stream at these times. */
const at = (stream_index: number, times: number[], more: object = {}) =>
  times.map((time) => ({ stream_index, best_effort_timestamp_time: time.toFixed(6), ...more }));

describe("how long a source really is", () => {
  test("from its first frame to the end of its last, each stream by itself", () => {
    const frames = [
      ...at(0, [1, 1.04, 1.08], { pkt_duration_time: "0.040000" }),
      ...at(1, [0.5, 0.6], { nb_samples: 4800 }),
    ];
    const { video, audios } = sourceFacts({ streams: [videoStream, audioStream], frames });
    expect(video?.startSeconds).toBe(1);
    expect(video?.endSeconds).toBeCloseTo(1.12);
    expect(audios[0]?.startSeconds).toBe(0.5);
    expect(audios[0]?.endSeconds).toBeCloseTo(0.7);
  });

  test("a last frame of which nobody says how long it is lasts as long as the others", () => {
    const { video } = sourceFacts({ streams: [videoStream], frames: at(0, [0, 0.1, 0.2]) });
    expect(video?.endSeconds).toBeCloseTo(0.3);
  });

  test("a last frame that is told to last as long as a field lasts as long as the others", () => {
    const frames = at(0, [0, 0.04, 0.08], { pkt_duration_time: "0.020000" });
    expect(sourceFacts({ streams: [videoStream], frames }).video?.endSeconds).toBeCloseTo(0.12);
  });

  test("last frames of which nobody says when they are shown follow one another", () => {
    const frames = [...at(0, [0, 0.04, 0.08]), { stream_index: 0 }, { stream_index: 0 }];
    expect(sourceFacts({ streams: [videoStream], frames }).video?.endSeconds).toBeCloseTo(0.2);
  });

  test("audio whose packets hold several frames and tell the time of one", () => {
    const frame = { stream_index: 1, nb_samples: 4800 };
    const frames = [frame, { ...frame, best_effort_timestamp_time: "1.000000" }, frame, frame];
    const [audio] = sourceFacts({ streams: [audioStream], frames }).audios;
    expect(audio?.startSeconds).toBeCloseTo(0.9);
    expect(audio?.endSeconds).toBeCloseTo(1.3);
  });

  test("a stream of which nothing could be decoded is none", () => {
    expect(sourceFacts({ streams: [videoStream, audioStream], frames: at(0, [0]) }).audios).toEqual([]);
    expect(
      sourceFacts({ streams: [videoStream, audioStream], frames: at(1, [0], { nb_samples: 1 }) }).video,
    ).toBeNull();
    expect(sourceFacts({})).toEqual({ video: null, audios: [] });
  });
});

describe("how long a frame is", () => {
  const frameSeconds = (times: number[]) =>
    sourceFacts({ streams: [videoStream], frames: at(0, times) }).video?.frameSeconds;
  const regular = Array.from({ length: 50 }, (_, index) => index / 50);

  test("the usual distance, also where a few frames are missing", () => {
    expect(frameSeconds(regular)).toBeCloseTo(0.02);
    expect(frameSeconds(regular.filter((_, index) => index !== 20))).toBeCloseTo(0.02);
  });

  test("the longest one where distances vary", () => {
    expect(frameSeconds([0, 0.1, 0.2, 1.2, 1.3, 1.9])).toBeCloseTo(1);
  });

  test("the nominal one of a single frame", () => {
    expect(frameSeconds([0])).toBe(0.04);
  });
});

test("the size is that of square pixels, upright", () => {
  const turned = { ...videoStream, sample_aspect_ratio: "4:3", side_data_list: [{}, { rotation: -90 }] };
  const { video } = sourceFacts({ streams: [turned], frames: at(0, [0]) });
  expect(video?.width).toBe(360);
  expect(video?.height).toBeCloseTo(853.33, 2);
});

test("a cover is no video, and the default track is the one that is shown", () => {
  const cover = { ...videoStream, disposition: { default: 1, attached_pic: 1 } };
  expect(sourceFacts({ streams: [cover], frames: at(0, [0]) }).video).toBeNull();
  const second = { ...videoStream, index: 2, width: 100, disposition: { default: 1 } };
  expect(sourceFacts({ streams: [videoStream, second], frames: [...at(0, [0]), ...at(2, [0])] }).video?.width).toBe(
    100,
  );
});
