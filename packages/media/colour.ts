/**
 * Colour: what a source says of it, and the filters that bring it to what every player shows alike, BT.709 in limited
 * range. What a source does not say is taken as players take it: by its size. Names of values are ffmpeg's.
 */
import { z } from "zod";

export const Colour = z.object({
  /** `wide` is standard dynamic range in BT.2020; `pq` (SMPTE ST 2084, HDR10) and `hlg` (ARIB STD-B67) are tone-mapped. */
  range: z.enum(["standard", "wide", "pq", "hlg"]),
  /** How Y, Cb and Cr were made of red, green and blue; `rgb` where they were not. */
  matrix: z.enum(["bt709", "bt601", "smpte240m", "bt2020", "rgb"]),
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

/** ffmpeg's names of pixel formats without a luma. */
const isRgb = /^(rgb|bgr|gbr|argb|abgr|0rgb|0bgr|pal8)/;

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
  const assumed = isLarge ? "bt709" : "bt601";
  const matrix = isRgb.test(told.pixelFormat) ? "rgb" : (matrices[told.color_space ?? ""] ?? assumed);
  const isFullSwing = told.color_range === "pc" || told.pixelFormat.startsWith("yuvj");
  return { range: rangeOf(told, matrix), matrix, isFullSwing };
}

function rangeOf({ color_transfer, color_primaries }: ToldColour, matrix: Colour["matrix"]): Colour["range"] {
  if (color_transfer === "smpte2084") return "pq";
  if (color_transfer === "arib-std-b67") return "hlg";
  return color_primaries === "bt2020" || (matrix === "bt2020" && color_primaries !== "bt709") ? "wide" : "standard";
}

/**
 * Scales to this size and brings the colour to BT.709 in limited range, 4:2:0 in 8 bits, with square pixels. Scaled first:
 * there is less to convert then. The conversion is zimg's, since swscale's is dark by two steps in 256.
 */
export function toStandardPicture(colour: Colour, { width, height }: { width: number; height: number }): string {
  const size = `scale=${width}:${height}:flags=bicubic`;
  const last = "setsar=1,format=yuv420p";
  if (colour.matrix === "rgb") return `${size}:out_color_matrix=bt709:out_range=tv,${last}`;
  const { isFullSwing, range } = colour;
  const matrix = zimgMatrices[colour.matrix];
  if (range === "standard" && matrix === "bt709" && !isFullSwing) return `${size},${last}`;
  const swing = isFullSwing ? "pc" : "tv";
  const scaled = `${size}:in_range=${swing}:out_range=${swing}`;
  const input = (transfer: string, primaries: string) =>
    `zscale=min=${matrix}:rin=${isFullSwing ? "full" : "limited"}:tin=${transfer}:pin=${primaries}`;
  const output = "m=bt709:t=bt709:r=limited";
  if (range === "standard") return `${scaled},${input("bt709", "bt709")}:p=bt709:${output},${last}`;
  if (range === "wide") return `${scaled},${input("bt709", "bt2020")}:p=bt709:${output},${last}`;
  return [
    scaled,
    // 100 cd/m2 is what the tone mapping takes for white; the rest is brought down along a shoulder.
    `${input(range === "pq" ? "smpte2084" : "arib-std-b67", "bt2020")}:t=linear:npl=100,format=gbrpf32le`,
    "zscale=p=bt709,tonemap=tonemap=hable:desat=0",
    `zscale=${output}`,
    last,
  ].join(",");
}

const zimgMatrices = { bt709: "bt709", bt601: "smpte170m", smpte240m: "smpte240m", bt2020: "bt2020nc" };

/** What the streams say of their colour. */
export const colourTags = [
  ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
];
