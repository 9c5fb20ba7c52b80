import { expect, test } from "bun:test";
import { straysIn } from "./aftermath.ts";
import { exampleAudio, exampleVideo } from "./example-rendition.ts";
import { fileLine, type Result, summary, table } from "./report.ts";

const source = { video: null, audios: [] };
const stream = { master: "", videos: [exampleVideo()], audios: [exampleAudio()], others: ["subtitles"] };
const good: Result = {
  file: "clip.mp4",
  expectation: "video",
  outcome: { end: "ok", reason: "", warnings: ["odd"], seconds: 2.345, looked: { stream, source }, lookError: null },
  verdict: { differences: [], timing: { differences: [], seconds: 4, sourceSeconds: 4.04, syncSeconds: -0.0123 } },
};
const bad: Result = {
  file: "notes.mp4",
  expectation: "video",
  outcome: { end: "error", reason: "no film", warnings: [], seconds: 0.1, looked: null, lookError: null },
  verdict: { differences: ["It should be ok and is error: no film"], timing: null },
};

test("a file is a line, and a line for each difference", () => {
  expect(fileLine(good)).toBe("same  clip.mp4  ok  360p audio 1 others  4.00 s (4.04 s)  -0.012 s  1  2.35 s");
  expect(fileLine(bad)).toBe("DIFF  notes.mp4  error: no film  0.10 s\n     It should be ok and is error: no film");
});

test("the table has a line for each file, columns under each other", () => {
  expect(table([good, bad]).split("\n")).toEqual([
    "      file       outcome         rungs                lasts (source)   sync      warnings  took",
    "same  clip.mp4   ok              360p audio 1 others  4.00 s (4.04 s)  -0.012 s  1         2.35 s",
    "DIFF  notes.mp4  error: no film                                                            0.10 s",
  ]);
});

test("the summary counts, and tells all that differs", () => {
  expect(summary([good, bad], ["/health of upload answers 503"]).split("\n")).toEqual([
    "2 files: 1 ok, 1 error. 1 differ from what is expected.",
    "notes.mp4 (expected: video)",
    "     It should be ok and is error: no film",
    "/health of upload answers 503",
  ]);
});

test("what nobody owns in the storage is a stray", () => {
  const owned = ["originals/a/clip.mp4", "hls/a/master.m3u8", "transcoding/a/x", "thumbnails/a.jpg", "private/a"];
  const databases = ["videos.db", "videos.db-wal", "videos.db-shm", "playback-keys.json"];
  expect(straysIn([...owned, ...databases, "uploads/left", "core"])).toEqual(["uploads/left", "core"]);
});
