/**
 * From a chunk of the video to the whole ffmpeg command; pure, so that tests can compare every argument. The flags that look
 * odd were each measured: an absolute time line (`-copyts -start_at_zero`), a seek one second early with `trim` for the exact
 * cut, and `-hls_time` far below the segment length so that the muxer cuts at every forced key frame and nowhere else.
 */

import type { Colour } from "./colour.ts";
import { type Encoder, type EncoderSettings, encoderArguments, segmentOutput } from "./encoders.ts";
import { type Chunk, gridSeconds, type Plan, passedSeconds, repeatsAtBoundaries, type VideoRendition } from "./plan.ts";
import { guardedInput, progress, quiet, untagged } from "./spawn.ts";

type Video = NonNullable<Plan["video"]>;

export interface CommandSettings extends EncoderSettings {
  /** Absolute path of the source, or of its Matroska copy. */
  source: string;
  /**
   * An empty directory with one folder a rendition; segments appear there as `{rendition}/{index}.m4s`. The muxer takes its
   * name for a part of a pattern (`%d`, `%v`), not all of which can be escaped: `.` where ffmpeg runs in it.
   */
  directory: string;
  /** Of the video; audio is always ffmpeg's own AAC. */
  encoder: Encoder;
  /** How often ffmpeg reports on stdout; finished segments are looked for then. */
  reportSeconds: number;
  /**
   * Where frames are missing, because of damage: a key frame that is shown before the chunk, seconds from the start of the
   * file. What is decoded from there on is held over what is missing, up to each boundary and on from there.
   */
  heldFromSeconds?: number;
}

/**
 * Tells the muxer each packet's true duration. Left to guess the last one of a segment, it would begin the next segment
 * where the guess ends, and a variable frame rate would drift; for the same reason there is no `sidx`, for whose sake it
 * moves the first frame of a segment.
 *
 * @param last duration of the last packet, in ticks of the stream
 */
const durations = (last: string) => `setts=pts=PTS:dts=DTS:duration=if(lt(NEXT_DTS\\,DTS)\\,${last}\\,NEXT_DTS-DTS)`;

/** The arguments that encode a video chunk: one decode, each rung scaled from the one above. */
export function videoCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const startSeconds = gridSeconds(plan, "video", chunk.first);
  const video = asHeld(plan.video, startSeconds, settings);
  const rungs = chunk.renditions.map((name) => videoRendition(plan, name));
  const repeats = repeatsAtBoundaries(video);
  const lastIndex = chunk.first + chunk.count - 1;
  const isEnd = lastIndex === (rungs[0]?.segmentCount ?? 0) - 1;
  const boundaries = Array.from({ length: chunk.count }, (_, offset) =>
    gridSeconds(plan, "video", chunk.first + offset),
  );
  const videoEnd = repeats ? video.endSeconds : null;
  const endSeconds = isEnd ? videoEnd : gridSeconds(plan, "video", lastIndex + 1);
  const isShort = (endSeconds ?? video.endSeconds) - startSeconds < 1;
  const graph = videoGraph(video, rungs, { startSeconds, endSeconds, boundaries }, settings.encoder);
  const lastDuration = repeats ? `max(1\\,round(${endSeconds}/TB)-PTS)` : "PREV_OUTDURATION";
  return [
    ...quiet,
    ...["-y", ...settings.encoder.device, "-threads", String(settings.threads)],
    ...seekTo(Math.min(seekSecondsFor(video, startSeconds), settings.heldFromSeconds ?? startSeconds)),
    ...["-copyts", "-start_at_zero"],
    ...guardedInput,
    ...decoderOptions(video),
    ...["-i", `file:${settings.source}`],
    ...["-filter_complex_threads", String(settings.threads)],
    ...["-filter_complex", graph],
    ...rungs.flatMap((rung) => [
      ...["-map", `[${rung.name}]`, ...untagged],
      ...encoderArguments(settings.encoder, rung, settings, { reorders: !repeats, isJoined: chunk.first > 0, isShort }),
      ...["-force_key_frames", boundaries.join(",")],
      ...["-fps_mode", "passthrough", "-enc_time_base", `1:${video.timescale}`],
      ...["-bsf:v", durations(lastDuration)],
      ...segmentOutput(rung.name, chunk.first, settings.directory, 0.1),
    ]),
    ...progress(settings.reportSeconds),
  ];
}

/** The video as if its rate varied, where frames are held over what is missing. */
function asHeld(video: Plan["video"], startSeconds: number, { heldFromSeconds }: CommandSettings): Video {
  if (!video) throw new Error("The plan has no video");
  if (heldFromSeconds === undefined) return video;
  const longestFrameSeconds = Math.max(video.longestFrameSeconds, startSeconds - heldFromSeconds);
  return { ...video, variableFrameRate: true, longestFrameSeconds };
}

/**
 * The arguments that decode what a video chunk decodes before its first frame, and nothing else: of what ffmpeg says here
 * it says only that this is where it began. Where a chunk begins with the file, the first second.
 */
export function entryCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const command = videoCommand(plan, chunk, settings);
  const endSeconds = Math.max(1, gridSeconds(plan, "video", chunk.first));
  return [
    ...command.slice(0, command.indexOf("-filter_complex_threads")),
    ...["-map", `0:${plan.video?.stream ?? 0}`, "-vf", `trim=end=${endSeconds}`, "-fps_mode", "passthrough"],
    ...["-f", "null", "-"],
  ];
}

/**
 * A second early, since what is cut is decided by time stamps, and no fewer frames than a decoder may hold back: behind a key
 * frame of an open GOP, and before the end, it may lose the last ones of less. Further where the first or last frame has to be
 * found.
 */
function seekSecondsFor(video: Video, startSeconds: number): number {
  if (holdsFirstFrame(video, startSeconds)) return 0;
  const { heldFromSeconds, frameRate } = video;
  const seconds = Math.ceil(Math.max(1, leastFramesBefore / (frameRate || leastFramesBefore)));
  return heldFromSeconds !== undefined && heldFromSeconds < startSeconds + 1
    ? Math.floor(heldFromSeconds) - 1 - seconds
    : startSeconds - seconds;
}

/** Most frames that a decoder holds back (H.264, A.3.1), and the one after them. */
const leastFramesBefore = 17;

function seekTo(seconds: number): string[] {
  return seconds > 0 ? ["-noaccurate_seek", "-ss", String(seconds)] : [];
}

function videoRendition(plan: Plan, name: string): VideoRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "video") throw new Error(`The plan has no video rendition ${name}`);
  return found;
}

// The filters between decoder and encoders: what people should see, on the plan's time line. Everything that looks at
// neighbours in time comes before the cut, so that a chunk has the very frames that one pass has.

export interface Cut {
  /** Seconds from the start of the file. */
  startSeconds: number;
  /** Null for all that follows. */
  endSeconds: number | null;
  /** Where its segments begin. */
  boundaries: number[];
}

/**
 * One decode for all rungs: the highest one is brought to standard colour, each other one is scaled from the one above. A
 * rung goes onto the encoder's device after the split, since the next one is scaled in ordinary memory.
 */
export function videoGraph(video: Video, rungs: VideoRendition[], cut: Cut, encoder: Encoder): string {
  const repeats = repeatsAtBoundaries(video);
  let input = `${repeats ? framesAtTheirTimes(video, cut) : framesOf(video, cut)},`;
  const steps = rungs.flatMap((rung, position) => {
    const standard = toStandardVideo(video.colour, rung);
    const first = repeats ? `${standard},${repeatedAt(video, cut)}` : standard;
    const scale = position === 0 ? first : scaleTo(rung);
    const scaled = encoder.upload ? `[scaled-${rung.name}]` : `[${rung.name}]`;
    const upload = encoder.upload ? [`${scaled}${encoder.upload}[${rung.name}]`] : [];
    const step = `${input}${scale}`;
    input = `[from-${rung.name}]`;
    const tags = position === 0 ? `${taggedStandard},` : "";
    return [position === rungs.length - 1 ? `${step}${scaled}` : `${step},${tags}split${scaled}${input}`, ...upload];
  });
  return steps.join(";");
}

/** What the decoder has to be told before the input; see `x264BuildOf` in `probe.ts`. */
export const decoderOptions = ({ x264Build }: Pick<Video, "x264Build">): string[] =>
  x264Build === null ? [] : ["-x264_build", String(x264Build)];

/** One frame for two fields, and none of those that are marked as progressive. */
export const deinterlacing = ({ isInterlaced }: Pick<Video, "isInterlaced">): string[] =>
  isInterlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : [];

/** By zimg, which takes a quarter of swscale's time for frames of 4:2:0 in 8 bits. */
const scaleTo = ({ width, height }: VideoRendition): string => `zscale=${width}:${height}:filter=bicubic,setsar=1`;

/** What frames are by then. zimg refuses tags that it does not know, which a source may have. */
const taggedStandard = "setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=limited";

/** Which frames there are, and when. */
function framesOf(video: Video, cut: Cut): string {
  const { cappedFrameRate, frameRate, heldFromSeconds } = video;
  const { startSeconds, endSeconds } = cut;
  const heldSeconds = heldFromSeconds === undefined ? 0 : (endSeconds ?? video.endSeconds) - heldFromSeconds;
  const filters = [
    ...deinterlacing(video),
    ...(cappedFrameRate ? [`fps=${frameRate}`] : []),
    ...(heldSeconds > 0 ? [`tpad=stop_mode=clone:stop_duration=${heldSeconds.toFixed(3)}`] : []),
    `trim=start=${startSeconds}${endSeconds === null ? "" : `:end=${endSeconds}`}`,
  ];
  return `${holdsFirstFrame(video, startSeconds) ? firstHeld(video) : decoded(video, cut)}${filters.join(",")}`;
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

/** How often the way of a decoder is told, in seconds of video. */
const wayStepSeconds = 5;
/** Filters that look at neighbours in time see so much, in seconds, of what lies before the cut. */
const neighbourSeconds = 2;

/**
 * The decoder's frames. On a long way from a key frame they are dropped at once, up to a little before the one that is shown
 * where the cut begins, and how far it has come is printed on stdout: until the first frame is encoded, ffmpeg reports
 * nothing.
 */
function decoded({ stream, longGops, longestFrameSeconds, heldFromSeconds }: Video, { startSeconds }: Cut): string {
  const from = Math.min(startSeconds, heldFromSeconds ?? startSeconds) - longestFrameSeconds - neighbourSeconds;
  if (passedSeconds(longGops, startSeconds) < minWaySeconds || from <= 0) return `[0:${stream}]`;
  const told = `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${wayStepSeconds})'`;
  const print = "metadata=add:key=way:value=1,metadata=print:file=pipe\\\\:1:direct=1,nullsink";
  return `[0:${stream}]split[decoded][way];[way]${told},${print};[decoded]trim=start=${from.toFixed(3)},`;
}

/** A shorter way, in seconds of video, is no wait. */
const minWaySeconds = 10;

/** How far a decoder has come on a long way, in seconds from the start of the file, from a line on stdout; else null. */
export function wayIn(line: string): number | null {
  const seconds = /^frame:\d+ .*\bpts_time:(\d+(?:\.\d+)?)/.exec(line)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

/**
 * All frames of a variable rate from the seek on, strictly one after another: one that claims the time of the one before it,
 * or an earlier time, comes a millisecond after it. The first frame of all is held from 0 where the audio begins before it.
 */
function framesAtTheirTimes(video: Video, cut: Cut): string {
  const { startSeconds } = cut;
  const { cappedFrameRate, frameRate, timescale } = video;
  const first = holdsFirstFrame(video, startSeconds) ? "0" : "PTS";
  return [
    [decoded(video, cut), ...deinterlacing(video).map((filter) => `${filter},`)].join(""),
    ...(cappedFrameRate ? [`fps=${frameRate},`] : []),
    `settb=1/${timescale},setpts='if(N,max(PTS,PREV_OUTPTS+${Math.ceil(timescale / 1000)}),${first})'`,
  ].join("");
}

/**
 * Shows at each boundary the frame that is shown then, once more, and the last one of all up to the chunk's end. `vstack`
 * makes a frame whenever either of its inputs has one, of what both show then; the second is two lines of the first frame,
 * at the times of the boundaries, and is cut off again.
 */
function repeatedAt({ timescale }: Video, { startSeconds, endSeconds, boundaries }: Cut): string {
  const ticks = boundaries.map((seconds) => Math.round(seconds * timescale));
  const tickOf = ticks.reduceRight((later, tick, position) => `if(eq(N,${position}),${tick},${later})`, "0");
  const repeats = `loop=loop=${ticks.length - 1}:size=1,setpts='${tickOf}'`;
  return [
    "split[shown][first]",
    `[first]trim=end_frame=1,crop=iw:2:0:0,${repeats}[boundaries]`,
    `[shown][boundaries]vstack,crop=iw:ih-2:0:0,trim=start=${startSeconds}:end=${endSeconds}`,
  ].join(";");
}

/** Whether frames of a chunk that begins here are the source's first frame, held. */
export function holdsFirstFrame({ heldUntilSeconds }: Video, startSeconds: number): boolean {
  return heldUntilSeconds !== undefined && startSeconds < heldUntilSeconds;
}

/**
 * The source with its first frame repeated from 0 on, at the frame rate, up to half a frame before where it really is. The
 * frames themselves pass beside that, so that their time stamps are untouched.
 */
function firstHeld({ stream, frameRate, heldUntilSeconds = 0 }: Video): string {
  // Counted, since trim rounds a time to whole frames.
  const frames = Math.max(1, Math.ceil(heldUntilSeconds * frameRate - 0.5 - 1e-6));
  return `[0:${stream}]split[first][real];[first]fps=${frameRate}:start_time=0,trim=end_frame=${frames}[held];[held][real]interleave,`;
}
