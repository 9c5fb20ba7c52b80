/** The boxes of an MP4 (ISO/IEC 14496-12), found by their headers alone: what is between them is never read. */

export interface Box {
  type: string;
  start: number;
  size: number;
  headerBytes: number;
}

const maxBoxes = 64;

/** The boxes that follow each other from `start` on, as far as they can be followed. */
export async function boxesFrom(file: Blob, start = 0, end = file.size): Promise<Box[]> {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end && boxes.length < maxBoxes; ) {
    const header = await bytesOf(file, at, 16);
    const type = latin(header.subarray(4, 8));
    if (!/^[a-z0-9 ]{4}$/i.test(type)) break;
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const short = view.getUint32(0);
    const isLong = short === 1 && header.length === 16;
    const size = short === 0 ? end - at : isLong ? Number(view.getBigUint64(8)) : short;
    if (size < 8) break;
    boxes.push({ type, start: at, size, headerBytes: isLong ? 16 : 8 });
    at += size;
  }
  return boxes;
}

/** More key frames than a week of video has, one a second. */
const maxKeyFrames = 1_000_000;

/**
 * Numbers of the key frames of one track, from 1, in the order of decoding (`stss`, 8.6.2); null where there is no list: then
 * every frame is one.
 *
 * @param track position among the tracks, from 0
 */
export async function keyFrameNumbers(file: Blob, track: number): Promise<number[] | null> {
  const inside = async (box: Box | undefined, type: string) =>
    box
      ? (await boxesFrom(file, box.start + box.headerBytes, box.start + box.size)).filter((one) => one.type === type)
      : [];
  const index = (await boxesFrom(file)).find(({ type }) => type === "moov");
  let box = (await inside(index, "trak"))[track];
  for (const type of ["mdia", "minf", "stbl", "stss"]) [box] = await inside(box, type);
  if (!box) return null;
  // Version, flags and the count come first.
  const from = box.start + box.headerBytes + 8;
  const count = Math.min(maxKeyFrames, Math.floor((box.start + box.size - from) / 4));
  const bytes = await bytesOf(file, from, 4 * count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, position) => view.getUint32(4 * position));
}

export async function bytesOf(file: Blob, start: number, length: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(start, start + length).arrayBuffer());
}

/** A character a byte. What TextDecoder calls latin1 is windows-1252, which makes others of 0x80 to 0x9f. */
export const latin = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
