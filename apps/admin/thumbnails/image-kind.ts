/** What kind of image some bytes are, by their first ones. Names and declared types are the sender's to invent. */
import type { ThumbnailKind } from "@video-backend/storage/layout";

/** The kinds that are taken: the ending of the stored name, and the media type it is served with. */
export const imageTypes = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" } as const satisfies Record<
  ThumbnailKind,
  string
>;

/** Null for anything else. JPEG: ITU T.81 B.1.1.3; PNG: RFC 2083 3.1; WebP: RFC 9649 2.4. */
export function imageKindOf(bytes: Uint8Array): ThumbnailKind | null {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return "jpg";
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return "png";
  const riff = startsWith(bytes, [0x52, 0x49, 0x46, 0x46]);
  return riff && startsWith(bytes.subarray(8), [0x57, 0x45, 0x42, 0x50]) ? "webp" : null;
}

const startsWith = (bytes: Uint8Array, magic: number[]): boolean =>
  bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
