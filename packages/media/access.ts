/**
 * How the frames of a source are taken: from the source itself only where its container and codec together were proven to
 * seek exactly, which `exact-frames.slow.test.ts` does for every pair that ffmpeg writes. Elsewhere a seek may land behind
 * the frame that was asked for, or times may be told of some packets alone, and frames are lost or come twice.
 */

/** `source`: by seeking in it. `copy`: from a Matroska copy of its packets. `decoded`: from a copy that holds the video decoded. */
export const accesses = ["source", "copy", "decoded"] as const;
export type Access = (typeof accesses)[number];

/** Frames that refer to none or to the ones before them, so that packets come in the order in which they are shown. */
const inOrder: string =
  "amv asv1 asv2 av1 ayuv cfhd cinepak cljr dirac dnxhd dpx dvvideo ffv1 ffvhuff flashsv flv1 h261 h263 hap huffyuv jpeg2000 " +
  "jpegls magicyuv mjpeg msmpeg4v2 msmpeg4v3 msvideo1 png prores r10k r210 rawvideo snow speedhq svq1 targa theora " +
  "utvideo v210 v308 v408 v410 vp9 wmv1 wmv2 y41p yuv4 zlib zmbv";
/** Frames that are decoded before others that are shown earlier. */
const reordered = "h264 hevc mpeg1video mpeg2video mpeg4";
/** No program writes these any more; what is known of them is that copies of them in Matroska lost nothing. */
const unwritten = "vc1 wmv3 rv30 rv40 vp6 vp6f vp7";

/** By the name of ffmpeg's demuxer: one that tells exactly at which packet to begin, and the codecs that it does so for. */
const proven: [container: RegExp, codecs: Set<string>][] = [
  [/\bmatroska\b/, codecs(inOrder, reordered, unwritten, "avrp gif sgi smc tiff vp8")],
  [/\bmov\b/, codecs(inOrder, reordered)],
  [/^avi$/, codecs(inOrder, "vp8 h264 mpeg1video mpeg2video mpeg4")],
  [/^ogg$/, codecs("theora vp8")],
];

function codecs(...names: string[]): Set<string> {
  return new Set(names.flatMap((some) => some.split(" ")));
}

const isProven = (container: string, codec: string): boolean =>
  proven.some(([pattern, of]) => pattern.test(container) && of.has(codec));

/** MP4 and MOV: a copy would show what an edit list leaves out. */
const withEditLists = /\bmov\b/;
/** Streams without any time: packets that are copied would have none. */
const untimed = /^(h264|hevc)$/;
export const isUntimed = (container: string): boolean => untimed.test(container);
/** What is copied into Matroska and does not seek there. */
const unseekable = /^(rpza|dirac)$/;

/** @param container ffprobe's list of names */
export function accessTo(container: string, codec: string): Access {
  if (isProven(container, codec)) return "source";
  const isLostByCopying = withEditLists.test(container) || isUntimed(container) || unseekable.test(codec);
  return isLostByCopying || /\bmatroska\b/.test(container) ? "decoded" : "copy";
}

/**
 * Containers without an index that ffmpeg seeks by: MPEG-TS, MPEG-PS, ASF, FLV and raw streams. Their audio is copied, too,
 * and their clocks may jump.
 */
const withoutIndex = /^(mpegts|mpeg|mpegvideo|asf|flv|live_flv|h264|hevc|m4v|obu|ivf)$/;

export const hasIndex = (container: string): boolean => !withoutIndex.test(container);

/** Of audio alone. */
export const accessToAudio = (container: string): Access => (hasIndex(container) ? "source" : "copy");
