/**
 * Colour: what a source says of it, and the filters that bring it to what every player shows alike, BT.709 in limited
 * range. What a source does not say is taken as players take it: by its size. Names of values are ffmpeg's.
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

/**
 * Scales to this size and brings the colour to BT.709 in limited range, 4:2:0 in 8 bits, with square pixels. Scaled first:
 * there is less to convert then. The conversion is zimg's, since swscale's is dark by two steps in 256.
 */
export function toStandardVideo(colour: Colour, { width, height }: { width: number; height: number }): string {
  const size = `scale=${width}:${height}:flags=bicubic`;
  const last = "setsar=1,format=yuv420p";
  if (colour.matrix === "rgb") return `${size}:out_color_matrix=bt709:out_range=tv,${last}`;
  const { isFullSwing, range, isQuarterChroma } = colour;
  if (range === "standard" && colour.matrix === "bt709" && !isFullSwing) return `${size},${last}`;
  const swing = isFullSwing ? "pc" : "tv";
  // zimg has no SMPTE 240M: swscale makes BT.709 of it, for whose difference its two steps do not matter.
  const is240m = colour.matrix === "smpte240m";
  const to709 = is240m ? ":in_color_matrix=smpte240m:out_color_matrix=bt709" : "";
  const matrix = zimgMatrices[colour.matrix];
  const transfer = { standard: "bt709", wide: "bt709", pq: "smpte2084", hlg: "arib-std-b67" }[range];
  const primaries = range === "standard" ? "bt709" : "bt2020";
  const input = `zscale=min=${matrix}:rin=${isFullSwing ? "full" : "limited"}:tin=${transfer}:pin=${primaries}`;
  const output = "m=bt709:t=bt709:r=limited";
  const scaled = [
    // zscale refuses what it does not know, also in tags that are overruled: each is set to what it is taken for.
    `setparams=colorspace=${is240m ? "smpte240m" : matrix}:color_trc=${transfer}:color_primaries=${primaries}`,
    `${size}:in_range=${swing}:out_range=${swing}${to709}`,
    ...(isQuarterChroma ? ["format=yuv422p"] : []),
    ...(is240m ? ["setparams=colorspace=bt709"] : []),
  ];
  if (range === "standard" || range === "wide") return [...scaled, `${input}:p=bt709:${output}`, last].join(",");
  return [
    ...scaled,
    // 100 cd/m2 is what the tone mapping takes for white; the rest is brought down along a shoulder.
    `${input}:t=linear:npl=100,format=gbrpf32le`,
    "zscale=p=bt709,tonemap=tonemap=hable:desat=0",
    `zscale=${output}`,
    last,
  ].join(",");
}

const zimgMatrices = {
  bt709: "bt709",
  bt601: "smpte170m",
  smpte240m: "bt709",
  bt2020: "bt2020nc",
  ictcp: "ictcp",
  ycgco: "ycgco",
};

/** What the streams say of their colour. */
export const colourTags = [
  ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
];
