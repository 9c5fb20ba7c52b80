import { describe, expect, test } from "bun:test";
import { CaptionsError } from "./cues.ts";
import { parseSubrip } from "./parse-subrip.ts";
import { writeWebvtt } from "./write-webvtt.ts";

const webvtt = (text: string) => writeWebvtt(parseSubrip(text));

function refusal(text: string): CaptionsError {
  try {
    parseSubrip(text);
  } catch (error) {
    if (error instanceof CaptionsError) return error;
    throw error;
  }
  throw new Error("It was understood");
}

describe("SubRip becomes WebVTT", () => {
  test("commas become dots, numbers go, line ends are one", () => {
    expect(
      webvtt("1\r\n00:00:01,000 --> 00:00:02,500\r\nOne\r\nand two\r\n\r\n2\r\n01:00:03,5 --> 01:00:04,000\r\n3\r\n"),
    ).toBe(`WEBVTT

00:00:01.000 --> 00:00:02.500
One
and two

01:00:03.500 --> 01:00:04.000
3
`);
  });

  test("i, b and u stay; fonts and codes of ASS go; what looks like markup and is none is shown as it is", () => {
    const text = `{\\an8}<I>a</I> <font color="#f00">b</font> <b>c</b> <u>d</u> I <3 R&B &amp; <blink>e`;
    expect(parseSubrip(`1\n00:00:01,000 --> 00:00:02,000\n${text}\n`).cues[0]?.text).toBe(
      "<i>a</i> b <b>c</b> <u>d</u> I &lt;3 R&amp;B &amp; &lt;blink&gt;e",
    );
  });

  test("cues may overlap, and come in the order of their start", () => {
    const cues = parseSubrip("00:00:05,000 --> 00:00:09,000\nb\n\n00:00:01,000 --> 00:00:06,000\na\n").cues;
    expect(
      cues.map(({ startMilliseconds, endMilliseconds, text }) => [startMilliseconds, endMilliseconds, text]),
    ).toEqual([
      [1000, 6000, "a"],
      [5000, 9000, "b"],
    ]);
  });

  test("a forgotten blank line, coordinates, a cue of no text or no time do no harm", () => {
    const text = `1
00:00:01,000 --> 00:00:02,000 X1:40 X2:600 Y1:20 Y2:50
a
2
00:00:02,000 --> 00:00:03,000
b --> c

3
00:00:03,000 --> 00:00:04,000

4
00:00:04,000 --> 00:00:04,000
never
`;
    expect(parseSubrip(text).cues.map((cue) => cue.text)).toEqual(["a", "b --&gt; c"]);
  });
});

describe("what cannot be understood is told with its line", () => {
  test.each([
    [
      "1\n00:00:01,000 --> 00:00:02,000\na\n\nloose words\n",
      5,
      '"loose words" is where the times of a cue are expected',
    ],
    ["1\n00:00:01,000 -> 00:00:02,000\na\n", 1, '"1" is where the times'],
    ["00:61:01,000 --> 00:62:02,000\na\n", 1, "00:00:01,000 --> 00:00:02,500"],
    ["1\n00:00:03,000 --> 00:00:02,000\na\n", 2, "the cue ends before it begins"],
    ["<html>", 1, '"<html>"'],
  ])("%j", (text, line, words) => {
    const error = refusal(text);
    expect(error.line).toBe(line);
    expect(error.message).toStartWith(`Line ${line} cannot be understood: `);
    expect(error.message).toContain(words);
  });

  test("in no time, however hostile", () => {
    const long = 500_000;
    for (const text of ["{\\", "<font ", "&", "<", "1\n", "00:"].map((part) => part.repeat(long))) {
      const startedAt = performance.now();
      expect(() => parseSubrip(`1\n00:00:01,000 --> 00:00:02,000\n${text}`)).not.toThrow();
      expect(performance.now() - startedAt).toBeLessThan(3000);
    }
  });
});
