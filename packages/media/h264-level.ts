/**
 * The H.264 level that a rendition needs, so that CODECS can be told before the first frame is encoded. Limits from
 * ITU-T H.264, table A-1; Main profile.
 */
interface Level {
  idc: number;
  macroblocksPerSecond: number;
  macroblocksPerFrame: number;
  /** Of the decoded picture buffer. */
  dpbMacroblocks: number;
  kbps: number;
  bufferKbits: number;
}

const level = (idc: number, perSecond: number, perFrame: number, dpb: number, kbps: number, buffer: number): Level => ({
  idc,
  macroblocksPerSecond: perSecond,
  macroblocksPerFrame: perFrame,
  dpbMacroblocks: dpb,
  kbps,
  bufferKbits: buffer,
});

const levels: readonly Level[] = [
  level(30, 40_500, 1620, 8100, 10_000, 10_000),
  level(31, 108_000, 3600, 18_000, 14_000, 14_000),
  level(32, 216_000, 5120, 20_480, 20_000, 20_000),
  level(40, 245_760, 8192, 32_768, 20_000, 25_000),
  level(42, 522_240, 8704, 34_816, 50_000, 62_500),
  level(51, 983_040, 36_864, 184_320, 240_000, 240_000),
  level(52, 2_073_600, 36_864, 184_320, 240_000, 240_000),
];

/** Reference frames that the encoders are told to use at most; the level's buffer must hold them. */
export const referenceFrames = 3;

export interface Load {
  width: number;
  height: number;
  frameRate: number;
  maxrateKbps: number;
  bufferKbps: number;
}

/** The lowest level from 3.0 on that allows the load, such as 40 for 4.0; 5.2 when none does. */
export function h264Level(load: Load): number {
  const columns = Math.ceil(load.width / 16);
  const rows = Math.ceil(load.height / 16);
  const perFrame = columns * rows;
  const fits = (limit: Level) =>
    perFrame <= limit.macroblocksPerFrame &&
    perFrame * load.frameRate <= limit.macroblocksPerSecond &&
    perFrame * referenceFrames <= limit.dpbMacroblocks &&
    Math.max(columns, rows) <= Math.sqrt(8 * limit.macroblocksPerFrame) &&
    load.maxrateKbps <= limit.kbps &&
    load.bufferKbps <= limit.bufferKbits;
  return (levels.find(fits) ?? levels.at(-1))?.idc ?? 52;
}

/** RFC 6381 for Main profile as x264 and the hardware encoders write it, such as `avc1.4d4028`. */
export const avcCodec = (levelIdc: number): string => `avc1.4d40${levelIdc.toString(16).padStart(2, "0")}`;
