/**
 * When the frames of a segment are decoded and shown, read from its boxes (ISO/IEC 14496-12): `tfdt`, `trun` and the edit
 * list of its init segment. A parser of its own, so that it cannot share a mistake with the product's.
 */

export interface InitTimes {
  /** Ticks a second. */
  timescale: number;
  /** Of the edit list: media time that is shown at 0. */
  editTicks: number;
  /** Of a sample that says no duration of its own. */
  defaultDuration: number;
}

/** Seconds on the stream's time line. */
export interface SegmentTimes {
  /** Of the decoding of its first sample, and of the end of its last: what the next segment has to begin with. */
  decodeStart: number;
  decodeEnd: number;
  /** When its first frame appears, and when the last one to be shown ends. */
  start: number;
  end: number;
  /** When each frame is shown, ascending. */
  shown: number[];
}

interface Box {
  type: string;
  /** Of what it holds, without its header. */
  body: DataView;
}

const containers = new Set(["moov", "trak", "mdia", "edts", "mvex", "moof", "traf"]);

/** All boxes of these bytes, those within containers included, in order. */
function boxesIn(bytes: DataView): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.byteLength; ) {
    const short = bytes.getUint32(at);
    const header = short === 1 ? 16 : 8;
    const size = short === 1 ? Number(bytes.getBigUint64(at + 8)) : short === 0 ? bytes.byteLength - at : short;
    const type = String.fromCharCode(...new Uint8Array(bytes.buffer, bytes.byteOffset + at + 4, 4));
    if (size < header || at + size > bytes.byteLength) throw new Error(`The box ${type} is longer than its file`);
    const body = new DataView(bytes.buffer, bytes.byteOffset + at + header, size - header);
    boxes.push({ type, body }, ...(containers.has(type) ? boxesIn(body) : []));
    at += size;
  }
  return boxes;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function readInit(bytes: Uint8Array): InitTimes {
  const boxes = boxesIn(viewOf(bytes));
  const bodyOf = (type: string) => boxes.find((box) => box.type === type)?.body;
  const mdhd = bodyOf("mdhd");
  if (!mdhd) throw new Error("The init segment has no mdhd");
  const timescale = mdhd.getUint32(mdhd.getUint8(0) === 1 ? 20 : 12);
  const elst = bodyOf("elst");
  const isWide = elst?.getUint8(0) === 1;
  const mediaTime = elst ? (isWide ? Number(elst.getBigInt64(16)) : elst.getInt32(12)) : 0;
  return { timescale, editTicks: Math.max(0, mediaTime), defaultDuration: bodyOf("trex")?.getUint32(12) ?? 0 };
}

/** @throws Error where the segment has no sample */
export function readSegmentTimes(
  { timescale, editTicks, defaultDuration }: InitTimes,
  bytes: Uint8Array,
): SegmentTimes {
  let usual = defaultDuration;
  let decode = Number.NaN;
  let decodeStart = Number.NaN;
  const frames: { at: number; duration: number }[] = [];
  for (const { type, body } of boxesIn(viewOf(bytes))) {
    if (type === "tfhd") usual = durationOfTfhd(body) ?? defaultDuration;
    if (type === "tfdt") {
      decode = body.getUint8(0) === 1 ? Number(body.getBigUint64(4)) : body.getUint32(4);
      if (Number.isNaN(decodeStart)) decodeStart = decode;
    }
    if (type !== "trun") continue;
    for (const { duration = usual, offset } of samplesOf(body)) {
      frames.push({ at: decode + offset - editTicks, duration });
      decode += duration;
    }
  }
  if (frames.length === 0) throw new Error("The segment has no sample");
  frames.sort((a, b) => a.at - b.at);
  const seconds = (ticks: number) => ticks / timescale;
  return {
    decodeStart: seconds(decodeStart),
    decodeEnd: seconds(decode),
    start: seconds(frames[0]?.at ?? 0),
    end: seconds(Math.max(...frames.slice(-8).map(({ at, duration }) => at + duration))),
    shown: frames.map(({ at }) => seconds(at)),
  };
}

/** 8.8.7: each optional field stands only where its flag says so. */
function durationOfTfhd(body: DataView): number | undefined {
  const flags = body.getUint32(0) & 0xffffff;
  let at = 8;
  if (flags & 0x1) at += 8;
  if (flags & 0x2) at += 4;
  return flags & 0x8 ? body.getUint32(at) : undefined;
}

/** 8.8.8. Offsets are signed in version 1; those of version 0 are small enough to be read alike. */
function samplesOf(body: DataView): { duration: number | undefined; offset: number }[] {
  const flags = body.getUint32(0) & 0xffffff;
  const count = body.getUint32(4);
  let at = 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
  return Array.from({ length: count }, () => {
    const duration = flags & 0x100 ? body.getUint32(at) : undefined;
    at += flags & 0x100 ? 4 : 0;
    at += (flags & 0x200 ? 4 : 0) + (flags & 0x400 ? 4 : 0);
    const offset = flags & 0x800 ? body.getInt32(at) : 0;
    at += flags & 0x800 ? 4 : 0;
    return { duration, offset };
  });
}
