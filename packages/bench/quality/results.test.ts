import { expect, test } from "bun:test";
import { likenessOf } from "./measure.ts";
import { plot } from "./plot.ts";
import { type Measured, marginOf, markdownOf, type Result } from "./results.ts";

const measured = (more: Partial<Measured>): Measured => ({
  ...{ title: "dark", rung: "360p", bytes: 1_000_000, mean: 18, fifth: 16, buffers: 0.5 },
  ...more,
});
const result = (quality: Partial<Measured>, bitrate: Partial<Measured>): Result => ({
  ...{ title: "dark", rung: "360p" },
  ...{ quality: measured(quality), bitrate: measured(bitrate) },
});

test("likeness is the mean and the fifth percentile of the frames' luma, in decibels", () => {
  const frames = Array.from({ length: 40 }, (_, n) => `n:${n + 1} Y:${n < 3 ? "0.9" : "0.99"} U:0.5 V:0.5 All:0.5 (3)`);
  const { mean, fifth } = likenessOf(frames.join("\n"));
  expect(mean).toBeCloseTo(-10 * Math.log10(1 - (3 * 0.9 + 37 * 0.99) / 40), 9);
  expect(fifth).toBeCloseTo(10, 9);
  expect(likenessOf("n:1 Y:1.000000 U:1 V:1 All:1 (inf)").mean).toBeCloseTo(60, 9);
  expect(() => likenessOf("")).toThrow("Not one frame");
});

test("constant quality is held to what mean bit rates have, or to what is enough", () => {
  expect(marginOf(result({ mean: 16 }, { mean: 15 }), "mean", 17)).toBe(1);
  expect(marginOf(result({ mean: 18 }, { mean: 25 }), "mean", 17)).toBe(1);
  expect(marginOf(result({ fifth: 14 }, { fifth: 14.5 }), "fifth", 15)).toBe(-0.5);
});

test("the table has a line a rung, and all of them together at its end", () => {
  const lines = markdownOf([result({ bytes: 250_000 }, {}), result({ bytes: 350_000, mean: 17.04 }, {})]).split("\n");
  expect(lines.map((line) => line.replaceAll(/ +/g, " ")).slice(2)).toEqual([
    "| dark | 360p | 1000 | 18.0 | 16.0 | 250 | 18.0 | 16.0 | 0.25 |",
    "| dark | 360p | 1000 | 18.0 | 16.0 | 350 | 17.0 | 16.0 | 0.35 |",
    "| all | | 2000 | | | 600 | | | 0.30 |",
  ]);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test("the plot has a dot for each rung and rate control, the lighter ones to the left", () => {
  const drawn = plot([result({ bytes: 10_000, mean: 20 }, { bytes: 100_000, mean: 10 })]);
  const dots = [...drawn.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);
  const [bitrate = [], quality = []] = dots;
  expect(dots).toHaveLength(2);
  expect(quality[0]).toBeLessThan(bitrate[0] ?? 0);
  expect(quality[1]).toBeLessThan(bitrate[1] ?? 0);
});
