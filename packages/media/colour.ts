/**
 * Colour: what a source says of it, and the filters that bring it to what every player shows alike, BT.709 in limited
 * range. What a source does not say is taken as players take it: by its size. Names of values are ffmpeg's.
 */
import { z } from "zod";

export const Colour = z.object({
  /** `wide` is standard dynamic range in BT.2020; `pq` (SMPTE ST 2084, HDR10) and `hlg` (ARIB STD-B67) are tone-mapped. */
  range: z.enum(["standard", "wide", "pq", "hlg"]),
  /** How Y, Cb and Cr were made of red, green and blue. */
  matrix: z.enum(["bt709", "bt601", "smpte240m", "bt2020"]),
  /** Whether black is 0 and not 16. */
  isFullSwing: z.boolean(),
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

const matrices: Record<string, Colour["matrix"]> = {
  bt709: "bt709",
  smpte170m: "bt601",
  bt470bg: "bt601",
  fcc: "bt601",
  smpte240m: "smpte240m",
  bt2020nc: "bt2020",
  bt2020c: "bt2020",
};

export function colourOf(told: ToldColour): Colour {
  const isLarge = told.width >= 1280 || told.height > 576;
  const matrix = matrices[told.color_space ?? ""] ?? (isLarge ? "bt709" : "bt601");
  const isFullSwing = told.color_range === "pc" || told.pixelFormat.startsWith("yuvj");
  return { range: rangeOf(told, matrix), matrix, isFullSwing };
}

function rangeOf({ color_transfer, color_primaries }: ToldColour, matrix: Colour["matrix"]): Colour["range"] {
  if (color_transfer === "smpte2084") return "pq";
  if (color_transfer === "arib-std-b67") return "hlg";
  return color_primaries === "bt2020" || (matrix === "bt2020" && color_primaries !== "bt709") ? "wide" : "standard";
}

/**
 * Scales to this size and brings the colour to BT.709 in limited range, 4:2:0 in 8 bits, with square pixels. High dynamic
 * range is scaled first: what follows works in floating point.
 */
export function toStandardPicture(colour: Colour, { width, height }: { width: number; height: number }): string {
  const size = `scale=${width}:${height}:flags=bicubic`;
  const from = `in_color_matrix=${colour.matrix}:in_range=${colour.isFullSwing ? "pc" : "tv"}`;
  const last = "setsar=1,format=yuv420p";
  if (colour.range === "standard") return `${size}:${from}:out_color_matrix=bt709:out_range=tv,${last}`;
  const input = `min=bt2020nc:pin=bt2020:rin=${colour.isFullSwing ? "full" : "limited"}`;
  if (colour.range === "wide") return `${size},zscale=${input}:tin=bt709:m=bt709:p=bt709:t=bt709:r=limited,${last}`;
  const transfer = colour.range === "pq" ? "smpte2084" : "arib-std-b67";
  return [
    size,
    // 100 cd/m2 is what the tone mapping takes for white; the rest is brought down along a shoulder.
    `zscale=${input}:tin=${transfer}:t=linear:npl=100,format=gbrpf32le`,
    "zscale=p=bt709,tonemap=tonemap=hable:desat=0",
    "zscale=t=bt709:m=bt709:r=limited",
    last,
  ].join(",");
}

/** What the streams say of their colour. */
export const colourTags = [
  ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
];
