import { describe, expect, test } from "bun:test";
import { checkTimeline } from "./check-timeline.ts";
import { exampleTimes } from "./example-rendition.ts";

/** Segments from one time to the next, as the playlist would list them. */
const segmentsOf = (...spans: [start: number, end: number, listed?: number][]) =>
  spans.map(([start, end, durationSeconds = end - start]) => ({ times: exampleTimes(start, end), durationSeconds }));

describe("a time line", () => {
  test("is whole where each segment begins with the end of the one before it, wherever the first begins", () => {
    expect(checkTimeline("360p", segmentsOf([0.02, 1], [1, 4.001], [4.002, 8]))).toEqual([]);
    expect(checkTimeline("360p", [])).toEqual([]);
  });

  test("has a hole, an overlap and a drift, told once with the worst of it", () => {
    expect(checkTimeline("360p", segmentsOf([0, 4], [4.5, 8, 4], [9, 12]))).toEqual([
      "360p: a hole of 1000.0 ms at 9.000 s",
      "360p: a hole in decoding of 1000.0 ms at 9.000 s",
      "360p: a drift against the playlist of 1000.0 ms at 9.000 s",
    ]);
    expect(checkTimeline("audio", segmentsOf([0, 4.25, 4], [4, 8]))).toEqual([
      "audio: an overlap of 250.0 ms at 4.000 s",
      "audio: an overlap in decoding of 250.0 ms at 4.000 s",
    ]);
    expect(checkTimeline("360p", segmentsOf([0, 4], [4, 8, 6]))).toEqual([
      "360p: a drift against the playlist of 2000.0 ms at 8.000 s",
    ]);
  });
});
