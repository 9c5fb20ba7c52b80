/** Reads WebVTT (https://www.w3.org/TR/webvtt1/): its cues with their settings and markup, its styles and regions. */
import { type Block, blocksOf, type Captions, CaptionsError, cuesOf, type Dialect } from "./cues.ts";
import { markedUpText } from "./parse-subrip.ts";

/** True where a text calls itself WebVTT: the word, and then a space, a tab or the end of the line. */
export const isWebvtt = (text: string): boolean => /^WEBVTT(?:[ \t\r\n]|$)/.test(text);

const written: Dialect = {
  example: "00:01.000 --> 00:02.500",
  isNumbered: false,
  keepsSettings: true,
  textOf: (lines) => lines.join("\n"),
  strays: "refuse",
  timeless: "drop",
};

/** ffmpeg leaves blank lines, `<` and `&` of the source's text as they are, and marks up with `<b>`, `<i>`, `<u>` alone. */
const converted: Dialect = {
  ...written,
  textOf: (lines) => lines.map(withoutCodes).map(markedUpText).join("\n"),
  strays: "join",
  timeless: "untilNext",
};

/**
 * What stands in the head, times of a segment in a stream among it, is dropped, and so are comments.
 *
 * @param text without a byte order mark
 * @param from `file`: as somebody wrote it; `ffmpeg`: as its encoder makes it of another format
 * @throws CaptionsError at the first line that cannot be understood
 */
export function parseWebvtt(text: string, from: "file" | "ffmpeg" = "file"): Captions {
  if (!isWebvtt(text)) throw new CaptionsError("Line 1 cannot be understood: WEBVTT is expected", 1);
  const [head, ...blocks] = blocksOf(text);
  const isDefinition = ({ lines }: Block) => /^(STYLE|REGION)\s*$/.test(lines[0] ?? "");
  const isComment = ({ lines }: Block) => /^NOTE(\s|$)/.test(lines[0] ?? "");
  const first = head?.lines.findIndex((line) => line.includes("-->")) ?? -1;
  // A cue may follow the head without a blank line.
  const early = head && first > 0 ? [{ line: head.line + first, lines: head.lines.slice(first) }] : [];
  return {
    definitions: blocks.filter(isDefinition).map(({ lines }) => lines.join("\n")),
    cues: cuesOf(
      [...early, ...blocks.filter((block) => !isDefinition(block) && !isComment(block))],
      from === "ffmpeg" ? converted : written,
    ),
  };
}

/** A line without what ASS leaves in it: a hard space (`\h`), and the strokes of a drawing, which are no words. */
function withoutCodes(line: string): string {
  const [first, ...strokes] = line
    .replaceAll(/<\/?[biu]>/g, "")
    .trim()
    .split(/ +/);
  const isDrawing =
    first === "m" && strokes.length > 1 && strokes.every((stroke) => /^(?:[mnlbspc]|-?\d+(?:\.\d+)?)$/.test(stroke));
  return isDrawing ? "" : line.replaceAll("\\h", "\u00a0");
}
