import { describe, expect, test } from "bun:test";
import { makeStoryboard, sheetCommand, sheetCount, sheetRuns, storyboardVtt, type TileSegment } from "./storyboard.ts";

const size = { width: 640, height: 360 };
const segment = (index: number, more: Partial<TileSegment> = {}): TileSegment => ({
  index,
  bytes: 1000,
  startSeconds: index * 4,
  init: "init-libx264.mp4",
  ...more,
});

describe("the interval", () => {
  test.each([
    [0.04, 1, 1],
    [3, 1, 3],
    [60, 2, 30],
    [290, 2, 145],
    [600, 5, 120],
    [3600, 30, 120],
    [7200, 60, 120],
    [604_800, 4032, 150],
  ])("of a video of %d s is %d s, which makes %d tiles", (endSeconds, intervalSeconds, tiles) => {
    expect(makeStoryboard(size, endSeconds)).toMatchObject({ intervalSeconds, tiles });
  });
});

test.each([
  [640, 360, 160, 90],
  [360, 640, 90, 160],
  [64, 48, 64, 48],
  [854, 16, 160, 2],
  [333, 187, 160, 90],
])("a rendition of %i x %i has tiles of %i x %i", (width, height, tileWidth, tileHeight) => {
  expect(makeStoryboard({ width, height }, 10)).toMatchObject({ tileWidth, tileHeight });
});

describe("the index", () => {
  test("covers the video from its start to its very end, and says where each tile is", () => {
    expect(storyboardVtt(makeStoryboard(size, 6.28))).toBe(`WEBVTT

00:00:00.000 --> 00:00:01.000
sheet-000.jpg#xywh=0,0,160,90

00:00:01.000 --> 00:00:02.000
sheet-000.jpg#xywh=160,0,160,90

00:00:02.000 --> 00:00:03.000
sheet-000.jpg#xywh=320,0,160,90

00:00:03.000 --> 00:00:04.000
sheet-000.jpg#xywh=480,0,160,90

00:00:04.000 --> 00:00:05.000
sheet-000.jpg#xywh=640,0,160,90

00:00:05.000 --> 00:00:06.280
sheet-000.jpg#xywh=0,90,160,90
`);
  });

  test("begins another sheet after twenty-five tiles, and counts hours", () => {
    const board = makeStoryboard(size, 3725);
    const cues = storyboardVtt(board).trim().split("\n\n").slice(1);
    expect(sheetCount(board)).toBe(5);
    expect(cues[24]).toBe("00:12:00.000 --> 00:12:30.000\nsheet-000.jpg#xywh=640,360,160,90");
    expect(cues[25]).toBe("00:12:30.000 --> 00:13:00.000\nsheet-001.jpg#xywh=0,0,160,90");
    expect(cues.at(-1)).toBe("01:01:30.000 --> 01:02:05.000\nsheet-004.jpg#xywh=480,360,160,90");
  });

  test("has one cue for a single frame, and it is not empty", () => {
    expect(storyboardVtt(makeStoryboard(size, 0.04))).toContain("00:00:00.000 --> 00:00:00.040\n");
    expect(storyboardVtt(makeStoryboard(size, 0))).toContain("00:00:00.000 --> 00:00:00.001\n");
  });
});

describe("the segments of a sheet", () => {
  test("are those in which the middle of a tile's interval lies, each once", () => {
    const short = makeStoryboard(size, 8);
    expect(sheetRuns(short, 0, [segment(0), segment(1)])).toEqual([
      { init: "init-libx264.mp4", firstTile: 0, tiles: 8, segments: [0, 1] },
    ]);
    const long = makeStoryboard(size, 3600);
    const segments = Array.from({ length: 900 }, (_, index) => segment(index));
    expect(sheetRuns(long, 1, segments)).toEqual([
      {
        init: "init-libx264.mp4",
        firstTile: 25,
        tiles: 25,

        segments: Array.from({ length: 25 }, (_, tile) => Math.floor((765 + 30 * tile) / 4)),
      },
    ]);
  });

  test("are in as many runs as there are changes of encoder", () => {
    const segments = [segment(0, { init: "init-h264_nvenc.mp4" }), segment(1)];
    expect(sheetRuns(makeStoryboard(size, 8), 0, segments)).toEqual([
      { init: "init-h264_nvenc.mp4", firstTile: 0, tiles: 4, segments: [0] },
      { init: "init-libx264.mp4", firstTile: 4, tiles: 4, segments: [1] },
    ]);
  });

  test("are never those in which the source has nothing: what was on screen stays, and before all is the first", () => {
    const segments = [segment(0, { bytes: 0 }), segment(1, { startSeconds: 6 }), segment(2, { bytes: 0 })];
    expect(sheetRuns(makeStoryboard(size, 12), 0, segments)).toEqual([
      { init: "init-libx264.mp4", firstTile: 0, tiles: 12, segments: [1] },
    ]);
    expect(sheetRuns(makeStoryboard(size, 12), 0, [segment(0, { bytes: 0 })])).toEqual([]);
    // The video is over after 4 s, the audio after an hour.
    expect(sheetRuns(makeStoryboard(size, 3600), 1, [segment(0)])).toEqual([
      { init: "init-libx264.mp4", firstTile: 25, tiles: 25, segments: [0] },
    ]);
  });
});

test("a sheet is one command: every run's tiles at their moments, joined and laid out", () => {
  const board = makeStoryboard(size, 8);
  const inputs = [
    { paths: ["/hls/a/init-1.mp4", "/hls/a/0.m4s"], firstTile: 0, tiles: 4 },
    { paths: ["/hls/a/init-2.mp4", "/hls/a/9.m4s"], firstTile: 4, tiles: 4 },
  ];
  const ours = "-threads 1 -protocol_whitelist file,concat -format_whitelist mov";
  const tiles = (number: number, seconds: number) =>
    [
      `color=size=160x90:rate=1/1,setsar=1,format=yuvj420p[clock${number}]`,
      `[${number}:v]setpts='if(eq(N,0),min(0,PTS-${seconds}/TB),PTS-${seconds}/TB)',scale=160:90:flags=bicubic:out_color_matrix=bt601:out_range=full,setsar=1,format=yuvj420p[shown${number}]`,
      `[clock${number}][shown${number}]blend=all_opacity=0,trim=end_frame=4[run${number}]`,
    ].join(";");
  expect(sheetCommand(board, inputs, { target: "/work/tmp-1/sheet.jpg", threads: 1 }).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -y -copyts",
      `${ours} -i concat:/hls/a/init-1.mp4|/hls/a/0.m4s ${ours} -i concat:/hls/a/init-2.mp4|/hls/a/9.m4s`,
      "-filter_complex_threads 1 -filter_complex",
      `${tiles(0, 0.5)};${tiles(1, 4.5)};[run0][run1]concat=n=2,tile=5x2`,
      "-map_metadata -1 -frames:v 1 -c:v mjpeg -q:v 4 -f mjpeg file:/work/tmp-1/sheet.jpg",
    ].join(" "),
  );
});
