import { expect, test } from "bun:test";
import { CaptionsError } from "./cues.ts";
import { isWebvtt, parseWebvtt } from "./parse-webvtt.ts";
import { onMediaTimeline, writeWebvtt } from "./write-webvtt.ts";

test("cues keep their names, settings and markup; styles stay; comments and the head go", () => {
  const text = `WEBVTT - a film
X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000

STYLE
::cue(.loud) { color: red }

NOTE nobody
reads this

intro
00:01.000 --> 00:02.500 line:0 align:start onclick:x"y:z
<v Ann><c.loud>Hi &amp; bye</c>

100:00:03.000 --> 100:00:04.000
later
`;
  const captions = parseWebvtt(text);
  expect(writeWebvtt(captions, [onMediaTimeline])).toBe(`WEBVTT
X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000

STYLE
::cue(.loud) { color: red }

intro
00:00:01.000 --> 00:00:02.500 line:0 align:start
<v Ann><c.loud>Hi &amp; bye</c>

100:00:03.000 --> 100:00:04.000
later
`);
  expect(parseWebvtt(writeWebvtt(captions))).toEqual(captions);
});

test("a cue may follow the head at once, and nothing need follow it", () => {
  expect(parseWebvtt("WEBVTT\n00:01.000 --> 00:02.000\na").cues).toHaveLength(1);
  expect(parseWebvtt("WEBVTT").cues).toEqual([]);
});

test("it is told by its first word alone", () => {
  for (const text of ["WEBVTT", "WEBVTT\r\n", "WEBVTT a", "WEBVTT\tb"]) expect(isWebvtt(text)).toBe(true);
  for (const text of ["", "WEBVTTX", "webvtt", " WEBVTT", "1\n"]) expect(isWebvtt(text)).toBe(false);
});

test("a block without times is refused with its line", () => {
  expect(() => parseWebvtt("WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nname\nno times\n")).toThrow(CaptionsError);
  expect(() => parseWebvtt("WEBVTT\n\nname\n00:01.00x --> 00:02.000\na\n")).toThrow("Line 3 cannot be understood");
});

test("what ffmpeg makes of ASS comes out as words: no drawings, no codes, blank lines joined", () => {
  const text = `WEBVTT

00:00.500 --> 00:01.500
<b>Hello <i>world</i>
line\\htwo <3</b>

a line after a blank one

00:01.000 --> 00:02.500
<b>m 0 0 l 100 0 100 100 0 100</b>

00:02.000 --> 00:03.000
m 1 am
`;
  expect(parseWebvtt(text, "ffmpeg").cues.map((cue) => cue.text)).toEqual([
    "<b>Hello <i>world</i>\nline\u00a0two &lt;3</b>\na line after a blank one",
    "m 1 am",
  ]);
});

test("where the source tells beginnings alone, a cue is shown until the next, and not for too long", () => {
  const text = "WEBVTT\n\n00:01.000 --> 00:01.000\na\n\n00:03.000 --> 00:03.000\nb\n";
  expect(parseWebvtt(text, "ffmpeg").cues.map((cue) => cue.endMilliseconds)).toEqual([3000, 8000]);
  expect(parseWebvtt(text).cues).toEqual([]);
});
