/**
 * Whether a track changes its rate or its channels in the middle, as broadcasts and concatenated files do. A decoder resets
 * itself there, but a filter graph that fills time from the start of the file begins anew with it, and a container that
 * knows one configuration per track gives the wrong one to all that follows. Such a track is decoded once, see `audio-copy.ts`.
 *
 * Told from the frames' own headers, which these codecs repeat in each frame: ADTS (ISO/IEC 14496-3, 1.A.3.2), AC-3 and
 * E-AC-3 (ETSI TS 102 366, 4.4 and E.1.2), MPEG audio (ISO/IEC 11172-3, 2.4.1.3).
 */

import { bytesOf } from "./mp4-boxes.ts";

interface FrameHeader {
  /** What must not change: rate and channels. Equal forms need no reset. */
  form: string;
  /** Of the frame, its header included. */
  lengthBytes: number;
}

type ReadHeader = (bytes: Uint8Array, at: number) => FrameHeader | null;

/** So many frames in a row, each where the one before it ends, are no chance in damaged data. */
const minFramesInRow = 4;

/** True for codecs whose frames say how they are to be decoded. */
export const describesItself = (codec: string): boolean => codec in readers;

/** The outputs of an ffmpeg command that write the frames of tracks as they are, one file a track. */
export function frameOutputs(tracks: { stream: number; path: string }[]): string[] {
  return tracks.flatMap(({ stream, path }) => ["-map", `0:${stream}`, "-c", "copy", "-f", "data", `file:${path}`]);
}

/**
 * True where a track has frames of more than one form. Data without frame headers, as AAC in MP4, has none.
 *
 * @param frames what `frameOutputs` wrote
 */
export async function changesInMidStream(codec: string, frames: Blob): Promise<boolean> {
  const read = readers[codec];
  if (!read) return false;
  const forms = new Set<string>();
  let run = { form: "", frames: 0 };
  await walk(frames, maxFrameBytes, (bytes, at) => {
    const header = read(bytes, at);
    run = { form: header?.form ?? "", frames: header && header.form === run.form ? run.frames + 1 : 1 };
    if (header && run.frames === minFramesInRow) forms.add(run.form);
    return forms.size > 1 ? "enough" : (header?.lengthBytes ?? 1);
  });
  return forms.size > 1;
}

/**
 * Goes through a file from unit to unit. `step` sees at least `maxUnitBytes` from `at` on, zeros behind the end, and says how
 * many bytes further the next unit may be.
 */
async function walk(
  file: Blob,
  maxUnitBytes: number,
  step: (bytes: Uint8Array, at: number) => number | "enough",
): Promise<void> {
  let rest = new Uint8Array();
  for await (const piece of withZerosBehind(file, maxUnitBytes)) {
    const bytes = new Uint8Array(rest.length + piece.length);
    bytes.set(rest);
    bytes.set(piece, rest.length);
    let at = 0;
    while (at + maxUnitBytes <= bytes.length) {
      const further = step(bytes, at);
      if (further === "enough") return;
      at += further;
    }
    rest = bytes.slice(Math.min(at, bytes.length));
  }
}

async function* withZerosBehind(file: Blob, count: number): AsyncGenerator<Uint8Array> {
  yield* file.stream();
  yield new Uint8Array(count);
}

/** More than a frame of any of these codecs has. */
const maxFrameBytes = 16_384;

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

const adts: ReadHeader = (bytes, at) => {
  if (byte(bytes, at) !== 0xff || (byte(bytes, at + 1) & 0xf6) !== 0xf0) return null;
  const [third, fourth] = [byte(bytes, at + 2), byte(bytes, at + 3)];
  const rate = (third >> 2) & 15;
  const channels = ((third & 1) << 2) | (fourth >> 6);
  const lengthBytes = ((fourth & 3) << 11) | (byte(bytes, at + 4) << 3) | (byte(bytes, at + 5) >> 5);
  return rate < 13 && lengthBytes > 7 ? { form: `${rate} ${channels}`, lengthBytes } : null;
};

/** kbit/s by half of `frmsizecod`. */
const ac3Kbps = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];

const ac3: ReadHeader = (bytes, at) => {
  if (byte(bytes, at) !== 0x0b || byte(bytes, at + 1) !== 0x77) return null;
  const fifth = byte(bytes, at + 4);
  if (byte(bytes, at + 5) >> 3 > 10) return eac3(bytes, at);
  const rate = fifth >> 6;
  const kbps = ac3Kbps[(fifth & 63) >> 1];
  if (rate === 3 || kbps === undefined) return null;
  const words = [2 * kbps, Math.floor((kbps * 320) / 147) + (fifth & 1), 3 * kbps][rate] ?? 0;
  // The channels without the one for low frequencies, whose place depends on them and which is left out of stereo.
  return { form: `${rate} ${byte(bytes, at + 6) >> 5}`, lengthBytes: 2 * words };
};

const eac3: ReadHeader = (bytes, at) => {
  const third = byte(bytes, at + 2);
  const fifth = byte(bytes, at + 4);
  const lengthBytes = 2 * ((((third & 7) << 8) | byte(bytes, at + 3)) + 1);
  const isDependent = third >> 6 === 1;
  // A dependent substream adds channels to the frame before it: it is passed over with that frame.
  if (isDependent) return null;
  let whole = lengthBytes;
  while (
    byte(bytes, at + whole) === 0x0b &&
    byte(bytes, at + whole + 1) === 0x77 &&
    byte(bytes, at + whole + 5) >> 3 > 10 &&
    byte(bytes, at + whole + 2) >> 6 === 1
  )
    whole += 2 * ((((byte(bytes, at + whole + 2) & 7) << 8) | byte(bytes, at + whole + 3)) + 1);
  return { form: `${fifth >> 6} ${(fifth >> 6 === 3 ? fifth >> 4 : 0) & 3} ${(fifth >> 1) & 7}`, lengthBytes: whole };
};

/** kbit/s by index: MPEG-1 layers I, II, III; MPEG-2 layer I; MPEG-2 layers II and III. */
const mpegKbps = [
  [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

const mpegAudio: ReadHeader = (bytes, at) => {
  const [second, third] = [byte(bytes, at + 1), byte(bytes, at + 2)];
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const rateIndex = (third >> 2) & 3;
  if (byte(bytes, at) !== 0xff || second >> 5 !== 7 || version === 1 || layer === 4 || rateIndex === 3) return null;
  const isMpeg1 = version === 3;
  const kbps = mpegKbps[isMpeg1 ? layer - 1 : layer === 1 ? 3 : 4]?.[third >> 4];
  const sampleRate = ([44_100, 48_000, 32_000][rateIndex] ?? 1) >> (isMpeg1 ? 0 : version === 2 ? 1 : 2);
  if (!kbps) return null;
  const padding = (third >> 1) & 1;
  const bytesPerKbps = (layer === 1 ? 48 : layer === 3 && !isMpeg1 ? 72 : 144) * 1000;
  const slots = layer === 1 ? 4 * (Math.floor((12_000 * kbps) / sampleRate) + padding) : null;
  const lengthBytes = slots ?? Math.floor((bytesPerKbps * kbps) / sampleRate) + padding;
  return { form: `${sampleRate} ${byte(bytes, at + 3) >> 6 === 3 ? 1 : 2}`, lengthBytes };
};

const readers: Record<string, ReadHeader> = {
  aac: adts,
  ac3,
  eac3: ac3,
  mp1: mpegAudio,
  mp2: mpegAudio,
  mp3: mpegAudio,
};

const flvWindowBytes = 1024 ** 2;

/**
 * True for an FLV whose audio, AAC, gets another configuration in the middle: a tag with a sequence header that differs from
 * the one before it (Adobe Flash Video File Format Specification 10.1, E.4). Reads the whole file, tag by tag.
 */
export async function changesInFlv(file: Blob): Promise<boolean> {
  let window = { from: 0, bytes: await bytesOf(file, 0, flvWindowBytes) };
  let known: string | null = null;
  // The header and the size of the tag before the first one.
  for (let at = 13; at + flvHeadBytes <= file.size; ) {
    if (at + flvHeadBytes > window.from + window.bytes.length)
      window = { from: at, bytes: await bytesOf(file, at, flvWindowBytes) };
    const head = window.bytes.subarray(at - window.from, at - window.from + flvHeadBytes);
    const type = byte(head, 0) & 31;
    const length = (byte(head, 1) << 16) | (byte(head, 2) << 8) | byte(head, 3);
    if (type !== 8 && type !== 9 && type !== 18) return false;
    if (type === 8 && byte(head, 11) >> 4 === 10 && byte(head, 12) === 0 && length > 2) {
      const config = head.subarray(13, 11 + length).toHex();
      if (known !== null && known !== config) return true;
      known = config;
    }
    at += 11 + length + 4;
  }
  return false;
}

/** The head of a tag, and as much of an AudioSpecificConfig as tells rate and channels. */
const flvHeadBytes = 11 + 2 + 5;

/**
 * True for an Ogg file that begins anew in its middle (chained, RFC 3533, 4): pages that begin a logical stream after pages
 * that do not. Reads the whole file, page by page.
 */
export async function isChainedOgg(file: Blob): Promise<boolean> {
  let hasBegun = false;
  let isChained = false;
  await walk(file, maxPageBytes, (bytes, at) => {
    if (latin(bytes, at) !== "OggS") return 1;
    const isFirst = (byte(bytes, at + 5) & 2) !== 0;
    isChained ||= isFirst && hasBegun;
    hasBegun ||= !isFirst;
    const segments = byte(bytes, at + 26);
    const lengths = bytes.subarray(at + 27, at + 27 + segments);
    return isChained ? "enough" : 27 + segments + lengths.reduce((sum, length) => sum + length, 0);
  });
  return isChained;
}

/** 27 bytes of header, 255 segments of 255 bytes, and their lengths. */
const maxPageBytes = 27 + 255 + 255 * 255;

const latin = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
