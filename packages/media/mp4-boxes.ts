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

/** Whether the last box claims to be longer than the file, as where a transfer or a recording was cut off. */
export async function endsWithinBox(file: Blob): Promise<boolean> {
  const last = (await boxesFrom(file)).at(-1);
  return last !== undefined && last.start + last.size > file.size;
}

/** More key frames than a week of video has, one a second. */
const maxKeyFrames = 1_000_000;
/** Of more frames no list is made: 18 hours of 60 a second. */
const maxFrames = 4_000_000;

/**
 * Numbers of the key frames of one track, from 1, in the order of decoding (`stss`, 8.6.2); null where there is no list: then
 * every frame is one.
 *
 * @param track position among the tracks, from 0
 */
export async function keyFrameNumbers(file: Blob, track: number): Promise<number[] | null> {
  const media = await boxAt(file, (await tracksOf(file))[track], "mdia");
  const list = await boxAt(file, media, "minf", "stbl", "stss");
  return list ? [...(await table(file, list, 1, maxKeyFrames)).values] : null;
}

/**
 * Position among the tracks of the first video, and whether its index has one distance for all frames; null where there is no
 * video, or no index. Of the frames nothing is read.
 */
export async function firstVideoTrack(file: Blob): Promise<{ position: number; isEven: boolean } | null> {
  for (const [position, trak] of (await tracksOf(file)).entries()) {
    const kind = await boxAt(file, trak, "mdia", "hdlr");
    if (!kind || (await kindOf(file, kind)) !== "vide") continue;
    const samples = await boxAt(file, trak, "mdia", "minf", "stbl");
    const inSamples = samples ? await boxesIn(file, samples) : [];
    const durations = inSamples.find(({ type }) => type === "stts");
    const [runs = 0] = durations ? numbers(await bytesOf(file, durations.start + durations.headerBytes + 4, 4)) : [];
    return { position, isEven: runs === 1 };
  }
  return null;
}

/** Version, flags and four bytes come before the kind of a track. */
const kindOf = async (file: Blob, { start, headerBytes }: Box): Promise<string> =>
  latin(await bytesOf(file, start + headerBytes + 8, 4));

/** What the index of one track tells of its frames, in seconds as ffmpeg counts them and in the order of decoding. */
export interface IndexedTimes {
  presented: Float64Array;
  /** Numbers of the key frames, from 1; null where every frame is one. */
  keyFrames: number[] | null;
  /** Whether frames are shown in another order than they are decoded, or may be (`ctts`, 8.6.1.3). */
  isReordered: boolean;
}

/**
 * When the frames of a video track are shown, from its index alone. Null where the index does not tell all of it, or readers
 * differ in what they make of it: fragments, more than one edit or one that leaves frames out, time stamps that go back, key
 * frames that stand in other lists too, a file that ends within a box.
 *
 * @param track position among the tracks, from 0
 */
export async function indexedTimes(file: Blob, track: number): Promise<IndexedTimes | null> {
  const top = await boxesFrom(file);
  const last = top.at(-1);
  const isWhole = last !== undefined && last.start + last.size === file.size;
  const index = top.find(({ type }) => type === "moov");
  if (!isWhole || !index || top.some(({ type }) => type === "moof")) return null;
  const inIndex = await boxesIn(file, index);
  if (inIndex.some(({ type }) => type === "mvex")) return null;
  const trak = inIndex.filter(({ type }) => type === "trak")[track];
  const media = await boxAt(file, trak, "mdia");
  const samples = media && (await boxAt(file, media, "minf", "stbl"));
  const kind = media && (await boxAt(file, media, "hdlr"));
  const inSamples = samples ? await boxesIn(file, samples) : [];
  const only = (type: string) => inSamples.find((box) => box.type === type);
  const [durations, offsets, keys, sizes] = [only("stts"), only("ctts"), only("stss"), only("stsz") ?? only("stz2")];
  if (!kind || !durations || !sizes || only("stps") || only("sbgp")) return null;
  if ((await kindOf(file, kind)) !== "vide") return null;
  const [timescale, movieTimescale] = await Promise.all([
    timescaleOf(file, await boxAt(file, media, "mdhd")),
    timescaleOf(file, await boxAt(file, index, "mvhd")),
  ]);
  const ticks = timescale && (await presentedTicks(file, durations, offsets));
  const keyFrames = keys ? [...(await table(file, keys, 1, maxKeyFrames)).values] : null;
  // Both boxes of sizes begin with eight bytes and the number of frames.
  const [frames] = numbers(await bytesOf(file, sizes.start + sizes.headerBytes + 8, 4));
  if (!ticks || ticks.length !== frames || !movieTimescale || keyFrames?.length === 0) return null;
  const edits = await boxAt(file, trak, "edts", "elst");
  const from = edits ? await wholeEdit(file, edits, ticks, movieTimescale / timescale) : 0;
  if (from === null) return null;
  // To the microsecond, as ffprobe tells them.
  for (const [frame, tick] of ticks.entries()) ticks[frame] = Math.round(((tick - from) * 1e6) / timescale) / 1e6;
  return { presented: ticks, keyFrames, isReordered: offsets !== undefined };
}

/** Null where a time stamp goes back, stands still, or is none. */
async function presentedTicks(file: Blob, durations: Box, offsets: Box | undefined): Promise<Float64Array | null> {
  const runs = await table(file, durations, 2, maxFrames);
  const shifts = offsets && (await table(file, offsets, 2, maxFrames));
  const count = sumOfCounts(runs.values);
  if (!runs.isWhole || !(count >= 1 && count <= maxFrames)) return null;
  if (shifts && !(shifts.isWhole && sumOfCounts(shifts.values) === count)) return null;
  const ticks = new Float64Array(count);
  let at = 0;
  let decoded = 0;
  for (let run = 0; run < runs.values.length; run += 2) {
    const [length = 0, duration = 0] = runs.values.subarray(run, run + 2);
    if (duration === 0 || isNegative(duration)) return null;
    for (const end = at + length; at < end; at++, decoded += duration) ticks[at] = decoded;
  }
  at = 0;
  for (let run = 0; shifts && run < shifts.values.length; run += 2) {
    const [length = 0, shift = 0] = shifts.values.subarray(run, run + 2);
    if (isNegative(shift)) return null;
    for (const end = at + length; at < end; at++) ticks[at] = (ticks[at] ?? 0) + shift;
  }
  return ticks;
}

/** Of a number that was read as one of 32 bits without a sign. */
const isNegative = (value: number): boolean => value >= 2 ** 31;

const sumOfCounts = (runs: Uint32Array): number =>
  runs.reduce((sum, value, at) => (at % 2 === 0 ? sum + value : sum), 0);

/**
 * Where in the track the one edit begins that shows all of it from the first frame on (`elst`, 8.6.6); null where there are
 * more edits, or this one is another.
 *
 * @param movieTicks in a tick of the track
 */
async function wholeEdit(file: Blob, edits: Box, ticks: Float64Array, movieTicks: number): Promise<number | null> {
  const start = edits.start + edits.headerBytes;
  const bytes = await bytesOf(file, start, Math.min(edits.size - edits.headerBytes, 28));
  const view = new DataView(bytes.buffer);
  const isLong = bytes[0] === 1;
  if (bytes.length < (isLong ? 28 : 20) || view.getUint32(4) !== 1) return null;
  const duration = isLong ? Number(view.getBigUint64(8)) : view.getUint32(8);
  const from = isLong ? Number(view.getBigInt64(16)) : view.getInt32(12);
  const rate = view.getUint32(isLong ? 24 : 16);
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const tick of ticks) {
    if (tick < first) first = tick;
    if (tick > last) last = tick;
  }
  // The movie's ticks may be coarser: less than one of them is no frame that is left out.
  const isWhole = from === first && (duration + 1) / movieTicks > last - first;
  return rate === 0x1_0000 && isWhole ? from : null;
}

/** Ticks a second (`mvhd`, 8.2.2, and `mdhd`, 8.4.2); 0 where it cannot be read. */
async function timescaleOf(file: Blob, box: Box | undefined): Promise<number> {
  if (!box) return 0;
  const bytes = await bytesOf(file, box.start + box.headerBytes, 24);
  return bytes.length < 24 ? 0 : new DataView(bytes.buffer).getUint32(bytes[0] === 1 ? 20 : 12);
}

/** The numbers of a table behind version, flags and the count of its rows; not whole where the box ends before its rows do. */
async function table(file: Blob, box: Box, columns: number, maxRows: number) {
  const from = box.start + box.headerBytes + 8;
  const [count = 0] = numbers(await bytesOf(file, from - 4, 4));
  const room = Math.max(0, Math.floor((box.start + box.size - from) / (4 * columns)));
  const rows = Math.min(count, room, maxRows);
  const values = numbers(await bytesOf(file, from, 4 * columns * rows));
  return { values, isWhole: rows === count && values.length === columns * rows };
}

/** Of 32 bits each, the highest byte first. */
function numbers(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: Math.floor(bytes.length / 4) }, (_, position) => view.getUint32(4 * position));
}

const boxesIn = (file: Blob, box: Box): Promise<Box[]> =>
  boxesFrom(file, box.start + box.headerBytes, box.start + box.size);

/** The box that one comes to by these types, the first of each. */
async function boxAt(file: Blob, from: Box | undefined, ...types: string[]): Promise<Box | undefined> {
  let box = from;
  for (const type of types) box = box && (await boxesIn(file, box)).find((one) => one.type === type);
  return box;
}

async function tracksOf(file: Blob): Promise<Box[]> {
  const index = (await boxesFrom(file)).find(({ type }) => type === "moov");
  return index ? (await boxesIn(file, index)).filter(({ type }) => type === "trak") : [];
}

export async function bytesOf(file: Blob, start: number, length: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(start, start + length).arrayBuffer());
}

/** A character a byte. What TextDecoder calls latin1 is windows-1252, which makes others of 0x80 to 0x9f. */
export const latin = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
