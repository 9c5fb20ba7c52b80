/**
 * Reads SubRip, a format without a specification: what players agree on is understood. Its text becomes WebVTT text, in
 * which `<` and `&` mean something, so that a heart (`<3`) does not swallow the rest of the line.
 */
import { blocksOf, type Captions, cuesOf } from "./cues.ts";

/**
 * @param text without a byte order mark
 * @throws CaptionsError at the first line that cannot be understood
 */
export function parseSubrip(text: string): Captions {
  const cues = cuesOf(blocksOf(text), {
    example: "00:00:01,000 --> 00:00:02,500",
    isNumbered: true,
    keepsSettings: false,
    textOf: (lines) => markedUpText(lines.join("\n")),
    strays: "refuse",
    timeless: "drop",
  });
  return { definitions: [], cues };
}

/**
 * Text with `<i>`, `<b>` and `<u>` as WebVTT cue text: those are kept, `<font>` and the codes of ASS (`{\an8}`) go, and
 * everything else is what it looks like.
 */
export function markedUpText(text: string): string {
  return text
    .replaceAll(/<\/?font[^<>]*>|\{\\[^{}]*\}/gi, "")
    .split(/(<\/?[ibu]>)/i)
    .map((part, index) => (index % 2 === 1 ? part.toLowerCase() : escaped(part)))
    .join("");
}

const escaped = (text: string): string =>
  text
    .replaceAll(/&(?!(?:amp|lt|gt|nbsp|lrm|rlm|quot|#\d{1,7});)/g, "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
