import { describe, expect, test } from "bun:test";
import { createRandom } from "@video-backend/testing";
import type { SegmentRow } from "../database/schema.ts";
import { createVideoSegments } from "./video-segments.ts";

const row = (rendition: string, index: number, more: Partial<SegmentRow> = {}): SegmentRow => ({
  ...{ videoId: "a", rendition, index, bytes: 100, startSeconds: index, durationSeconds: 1, samples: 25 },
  ...{ keyFrameBytes: 10, encoder: "libx264", init: "init-libx264.mp4", codec: "avc1.64001f", madeAt: index, ...more },
});

describe("the segments of a video in memory", () => {
  test("answer whatever is asked as a list of the rows would, in whatever order they come, twice or not", () => {
    const random = createRandom(7);
    for (let round = 0; round < 50; round++) {
      const segments = createVideoSegments();
      const rows = new Map<string, SegmentRow>();
      const size = 1 + random.below(30);
      for (let step = 0; step < 2 * size; step++) {
        const name = random.chance(0.5) ? "720p" : "360p";
        const one = row(name, random.below(size), { bytes: random.chance(0.2) ? 0 : 5, madeAt: 1000 + 10 * step });
        segments.enter(one);
        const key = `${name} ${one.index}`;
        if (!rows.has(key)) rows.set(key, one);
      }
      const byIndex = (name: string) =>
        [...rows.values()].filter(({ rendition }) => rendition === name).sort((a, b) => a.index - b.index);
      expect(segments.count).toBe(rows.size);
      expect(segments.entered).toEqual([...rows.values()]);
      expect(segments.rows()).toEqual([...byIndex("360p"), ...byIndex("720p")]);
      for (const name of ["360p", "720p"]) {
        const made = byIndex(name);
        const of = segments.of(name);
        const times = made.map(({ madeAt }) => madeAt);
        expect([of.count, of.rows()]).toEqual([made.length, made]);
        expect(of.firstMadeAt).toBe(made.length > 0 ? Math.min(...times) : null);
        expect(of.lastMadeAt).toBe(made.length > 0 ? Math.max(...times) : null);
        expect(of.recent()).toEqual(
          made.filter(({ madeAt }) => madeAt >= Math.max(...times) - 60).sort((a, b) => a.madeAt - b.madeAt),
        );
        expect(of.hasFiles).toBe(made.some(({ bytes }) => bytes > 0));
        const runs = of.runs().flatMap(({ first, end }) => Array.from({ length: end - first }, (_, at) => first + at));
        expect(runs).toEqual(made.map(({ index }) => index));
        for (const [at, run] of of.runs().entries())
          expect(of.runs()[at + 1]?.first ?? Infinity).toBeGreaterThan(run.end);
        const has = new Set(made.map(({ index }) => index));
        for (let index = 0; index < size + 1; index++) {
          expect([of.find(index) !== null, segments.has(name, index)]).toEqual([has.has(index), has.has(index)]);
          let missing = index;
          while (has.has(missing)) missing++;
          expect(of.nextMissing(index)).toBe(missing);
        }
      }
    }
  });

  test("tell which init segments go with those that have a file", () => {
    const segments = createVideoSegments();
    segments.enter(row("720p", 0));
    segments.enter(row("720p", 1, { init: "init-h264_nvenc.mp4" }));
    segments.enter(row("720p", 2, { bytes: 0, init: "" }));
    expect([...segments.of("720p").inits]).toEqual(["init-libx264.mp4", "init-h264_nvenc.mp4"]);
    expect(segments.of("360p").count).toBe(0);
  });
});
