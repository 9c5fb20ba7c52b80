import { expect, test } from "bun:test";
import { expectationOf, mayFail } from "./expectation.ts";
import { readIndex } from "./index-rows.ts";

test("columns are found by their names, in any order and among others", () => {
  const text = "expect\tbytes\tfile\nreject\t0\tempty.webm\ntranscode\t12\tclip.mp4\n";
  expect(readIndex(text)).toEqual([
    { file: "empty.webm", expect: "reject" },
    { file: "clip.mp4", expect: "transcode" },
  ]);
});

test.each([
  ["transcode", "video"],
  ["transcode (minor decode warnings)", "video"],
  ["transcode-or-fail-cleanly (damaged: decode errors)", "video-or-error"],
  ["audio-only policy (no video stream)", "audio"],
  ["fail-cleanly (video undecodable, audio ok)", "audio-or-error"],
  ["reject", "error"],
] as const)("%s", (words, expectation) => {
  expect(expectationOf(words)).toBe(expectation);
});

test("words that nobody understands are no pass", () => {
  expect(() => expectationOf("perhaps")).toThrow('The index expects "perhaps"');
});

test("what may end without a stream", () => {
  const all = ["video", "video-or-error", "audio", "audio-or-error", "error", "any"] as const;
  expect(all.filter(mayFail)).toEqual(["video-or-error", "audio-or-error", "error", "any"]);
});
