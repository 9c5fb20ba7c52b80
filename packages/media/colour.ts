/**
 * Colour: what a source says of it. What it does not say is taken as players take it: by its size. Names of values are
 * ffmpeg's.
 */
import { z } from "zod";

export const Colour = z.object({
  /** `wide` is standard dynamic range in BT.2020; `pq` (SMPTE ST 2084, HDR10) and `hlg` (ARIB STD-B67) are tone-mapped. */
  range: z.enum(["standard", "wide", "pq", "hlg"]),
  /** How Y, Cb and Cr were made of red, green and blue; `rgb` where they were not. */
  matrix: z.enum(["bt709", "bt601", "smpte240m", "bt2020", "ictcp", "ycgco", "rgb"]),
  /** Whether black is 0 and not 16. */
  isFullSwing: z.boolean(),
  /** 4:1:1 or 4:1:0: one sample of Cb and Cr for four of Y in a row; only swscale converts widths that are no multiple of 4. */
  isQuarterChroma: z.boolean().optional(),
});
export type Colour = z.infer<typeof Colour>;

/** As ffprobe tells it of a stream. */
export interface ToldColour {
  width: number;
  height: number;
  pixelFormat: string;
  color_range?: string | undefined;
  color_space?: string | undefined;
  color_transfer?: string | undefined;
  color_primaries?: string | undefined;
}

/** ffmpeg's names of pixel formats without a luma. */
const isRgb = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8)/;

const matrices: Record<string, Exclude<Colour["matrix"], "rgb">> = {
  bt709: "bt709",
  smpte170m: "bt601",
  bt470bg: "bt601",
  fcc: "bt601",
  smpte240m: "smpte240m",
  bt2020nc: "bt2020",
  bt2020c: "bt2020",
  ycgco: "ycgco",
};

/**
 * A known matrix counts. One that is not told, is reserved, or cannot go with the rest is taken as BT.2020's where transfer or
 * primaries are of that world, else by size, as players do.
 */
export function colourOf(told: ToldColour): Colour {
  const matrix = isRgb.test(told.pixelFormat) ? "rgb" : matrixOf(told);
  const isFullSwing = told.color_range === "pc" || told.pixelFormat.startsWith("yuvj");
  const isQuarterChroma = quarterChroma.test(told.pixelFormat);
  return { range: rangeOf(told, matrix), matrix, isFullSwing, ...(isQuarterChroma ? { isQuarterChroma } : {}) };
}

const quarterChroma = /^(yuvj?41[01]p|uyyvyy411)$/;

function matrixOf(told: ToldColour): Exclude<Colour["matrix"], "rgb"> {
  const { width, height, color_space = "", color_primaries = "" } = told;
  const known = matrices[color_space];
  if (known) return known;
  const isHdr = hdrTransfers[told.color_transfer ?? ""] !== undefined;
  // Rec. BT.2100 has ICtCp for PQ and HLG alone.
  if (color_space === "ictcp" && isHdr) return "ictcp";
  if (isHdr || color_primaries === "bt2020") return "bt2020";
  return width >= 1280 || height > 576 ? "bt709" : "bt601";
}

const hdrTransfers: Record<string, "pq" | "hlg"> = { smpte2084: "pq", "arib-std-b67": "hlg" };

function rangeOf({ color_transfer, color_primaries }: ToldColour, matrix: Colour["matrix"]): Colour["range"] {
  const hdr = hdrTransfers[color_transfer ?? ""];
  if (hdr) return hdr;
  return color_primaries === "bt2020" || (matrix === "bt2020" && color_primaries !== "bt709") ? "wide" : "standard";
}
