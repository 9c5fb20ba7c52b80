/**
 * Converts uploaded captions to the one form in which they are stored: WebVTT in UTF-8. The format is detected from the bytes
 * alone, since browsers, curl and editors send different content types for these files.
 */
import {
  type Captions,
  CaptionsError,
  isWebvtt,
  parseSubrip,
  parseWebvtt,
  writeWebvtt,
} from "@video-backend/media/captions";
import { ServiceError } from "@video-backend/service";

/** 2 MiB holds the dialogue of a day. */
export const maxCaptionsBytes = 2 * 1024 * 1024;

const accepted = "WebVTT (beginning with WEBVTT) or SubRip, in UTF-8, or in UTF-16 with a byte order mark";

/** @throws ServiceError `invalid_request` with the line that cannot be parsed, and the accepted formats */
export function normaliseCaptions(bytes: Uint8Array): string {
  const captions = parse(decode(bytes));
  if (captions.cues.length === 0) throw refused("There is not one cue in these captions");
  return writeWebvtt(captions);
}

function parse(text: string): Captions {
  try {
    return isWebvtt(text) ? parseWebvtt(text) : parseSubrip(text);
  } catch (error) {
    if (error instanceof CaptionsError) throw refused(error.message, error.line);
    throw error;
  }
}

/** The decoder removes the byte order mark. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isBigEndian = first === 0xfe && second === 0xff;
  const isLittleEndian = first === 0xff && second === 0xfe;
  const encoding = isBigEndian ? "utf-16be" : isLittleEndian ? "utf-16le" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\u0000")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw refused(`These captions are not text in ${encoding.toUpperCase()}`);
}

function refused(sentence: string, line: number | null = null): ServiceError {
  return new ServiceError("invalid_request", `${sentence}; accepted: ${accepted}`, {
    details: line === null ? {} : { line },
  });
}
