/**
 * Says in a sentence what a file is that cannot be used as a video: empty, text, encrypted, a part of a video. Looks at its
 * first bytes, and at the boxes of an MP4 (ISO/IEC 14496-12), and never reads more than a few hundred kilobytes.
 */
import { type Box, boxesFrom, bytesOf, latin } from "./mp4-boxes.ts";

/** A sentence without a full stop; null where nothing can be said. */
export async function whatItIs(file: Blob): Promise<string | null> {
  if (file.size === 0) return "This file is empty";
  const head = await bytesOf(file, 0, headBytes);
  const text = textIn(head);
  if (text?.startsWith("version https://git-lfs.github.com/spec/")) {
    return "This is a Git LFS pointer, not the file that it stands for";
  }
  if (text !== null) return "This is a text file, not a video";
  const known = signatures.find(({ bytes }) => latin(head.subarray(0, bytes.length)) === bytes);
  if (known) return `This is ${known.what}, not a video`;
  const boxes = await topBoxes(file);
  if (boxes.length === 0) return null;
  if (await isEncrypted(file, boxes)) return "This video is encrypted (DRM); only its owner's player can decode it";
  const has = (type: string) => boxes.some((box) => box.type === type);
  if (has("moof") && !has("moov"))
    return "This is a lone media segment: without its init segment nothing can decode it";
  if (!has("moov")) return "This MP4 has no index (moov): its recording or its transfer was cut short";
  return has("moof") || has("mdat") ? null : "This is a lone init segment: it describes a video and holds none of it";
}

/** True for an MP4 whose samples are encrypted (ISO/IEC 23001-7, and Apple's own forms). */
export async function isEncryptedMp4(file: Blob): Promise<boolean> {
  return isEncrypted(file, await topBoxes(file));
}

const headBytes = 4096;

const signatures = [
  { bytes: "%PDF-", what: "a PDF document" },
  { bytes: "PK\u0003\u0004", what: "a ZIP archive" },
  { bytes: "Rar!", what: "a RAR archive" },
  { bytes: "7z\u00bc\u00af", what: "a 7z archive" },
  { bytes: "\u001f\u008b", what: "a gzip archive" },
  { bytes: "\u0089PNG", what: "a PNG video" },
  { bytes: "\u00ff\u00d8\u00ff", what: "a JPEG video" },
  { bytes: "\u007fELF", what: "a program" },
  { bytes: "MZ", what: "a program" },
];

/** The bytes as text, where they are nothing but printable UTF-8. */
function textIn(bytes: Uint8Array): string | null {
  // The last character may have been cut.
  const whole = bytes.length < headBytes ? bytes : bytes.subarray(0, bytes.length - 3);
  const text = new TextDecoder("utf-8").decode(whole);
  const isText = !/[^\P{Cc}\s]/u.test(text) && !text.slice(0, -1).includes("\ufffd");
  return isText ? text : null;
}

/** The boxes at the top of an MP4, as far as they can be followed; none where it is no MP4. */
async function topBoxes(file: Blob): Promise<Box[]> {
  const boxes = await boxesFrom(file);
  const isMp4 = boxes.some((box) => /^(ftyp|styp|moov|moof|mdat|sidx|wide|free|skip|pnot)$/.test(box.type));
  return isMp4 ? boxes : [];
}

const mostIndexBytes = 256 * 1024;

/** The sample entries of encrypted tracks carry another type, and a `sinf` with the scheme. */
async function isEncrypted(file: Blob, boxes: Box[]): Promise<boolean> {
  for (const { start, size } of boxes.filter((box) => box.type === "moov")) {
    const index = latin(await bytesOf(file, start, Math.min(size, mostIndexBytes)));
    if (/(encv|enca|drmi|drms)[\s\S]*sinf|schm.{4}(cenc|cens|cbc1|cbcs|piff)/s.test(index)) return true;
  }
  return false;
}
