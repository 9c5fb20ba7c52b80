import { describe, expect, test } from "bun:test";
import { isServiceError } from "@video-backend/service";
import { normaliseCaptions } from "./normalise-captions.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** With a byte order mark, as Windows writes it. */
function utf16(text: string, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + text.length * 2));
  for (const [index, character] of [...`\ufeff${text}`].entries())
    view.setUint16(index * 2, character.charCodeAt(0), littleEndian);
  return new Uint8Array(view.buffer);
}

const subrip = "1\r\n00:00:01,000 --> 00:00:02,000\r\nGrüße\r\n";
const webvtt = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nGrüße\n";

function refusal(bytes: Uint8Array) {
  try {
    normaliseCaptions(bytes);
  } catch (error) {
    if (isServiceError(error, "invalid_request")) return error;
    throw error;
  }
  throw new Error("It was taken");
}

test("SubRip and WebVTT, in any of the encodings, come to the same", () => {
  for (const text of [subrip, webvtt, webvtt.replaceAll("\n", "\r")]) {
    for (const bytes of [utf8(text), utf8(`\ufeff${text}`), utf16(text, true), utf16(text, false)]) {
      expect(normaliseCaptions(bytes)).toBe(webvtt);
    }
  }
});

test("what is normal already stays as it is", () => {
  expect(normaliseCaptions(utf8(webvtt))).toBe(webvtt);
});

describe("what is no caption file is refused, and what would be accepted is told", () => {
  test.each([
    ["a picture", new Uint8Array([0xff, 0xd8, 0xff, 0xe0]), "These captions are not text in UTF-8"],
    ["UTF-16 without a mark", utf16(subrip, true).slice(2), "These captions are not text in UTF-8"],
    ["nothing", utf8(""), "There is not one cue in these captions"],
    ["a head alone", utf8("WEBVTT\n"), "There is not one cue in these captions"],
    ["JSON", utf8('{"a":1}'), 'Line 1 cannot be understood: "{\\"a\\":1}"'],
  ])("%s", (_, bytes, sentence) => {
    const { message } = refusal(bytes);
    expect(message).toStartWith(sentence);
    expect(message).toEndWith(
      "; accepted: WebVTT (beginning with WEBVTT) or SubRip, in UTF-8, or in UTF-16 with a byte order mark",
    );
  });

  test("with the number of the line", () => {
    expect(refusal(utf8(`${subrip}\r\n2\r\n00:00:03,000 -> 00:00:04,000\r\nb\r\n`)).details).toEqual({ line: 5 });
  });
});
