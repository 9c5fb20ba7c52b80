import { expect, test } from "bun:test";
import { parseStoryboard, thinned } from "./parse-storyboard.ts";

test("cues become tiles, with sheets found from the index's own address", () => {
  const text = `WEBVTT

00:00.000 --> 00:02.000
sheet-000.jpg#xywh=0,0,160,90

01:00:02.500 --> 01:00:04.000
sheet-001.jpg#xywh=160,90,160,90

NOTE nothing
`;
  expect(parseStoryboard(text, "http://media.test/stream/a/storyboard/storyboard.vtt")).toEqual([
    { from: 0, sheet: "http://media.test/stream/a/storyboard/sheet-000.jpg", x: 0, y: 0, width: 160, height: 90 },
    {
      from: 3602.5,
      sheet: "http://media.test/stream/a/storyboard/sheet-001.jpg",
      x: 160,
      y: 90,
      width: 160,
      height: 90,
    },
  ]);
  expect(parseStoryboard("<html>", "http://media.test/a")).toEqual([]);
});

test("many tiles are thinned evenly, few are left alone", () => {
  const tiles = Array.from({ length: 100 }, (_, from) => ({ from, sheet: "", x: 0, y: 0, width: 1, height: 1 }));
  expect(thinned(tiles, 4).map(({ from }) => from)).toEqual([12, 37, 62, 87]);
  expect(thinned(tiles.slice(0, 3), 4)).toHaveLength(3);
});
