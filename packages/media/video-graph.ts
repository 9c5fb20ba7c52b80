/**
 * The filters between decoder and encoders: what people should see, on the plan's time line. Everything that looks at
 * neighbours in time comes before the cut, so that a chunk has the very frames that one pass has.
 */
import { toStandardVideo } from "./colour.ts";
import type { Encoder } from "./encoders.ts";
import { passedSeconds } from "./long-gops.ts";
import { type Plan, repeatsAtBoundaries, type VideoRendition } from "./plan.ts";

type Video = NonNullable<Plan["video"]>;

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
export function videoGraph(plan: Plan, rungs: VideoRendition[], cut: Cut, encoder: Encoder): string {
  const { video } = plan;
  if (!video) throw new Error("The plan has no video");
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
    return [position === rungs.length - 1 ? `${step}${scaled}` : `${step},split${scaled}${input}`, ...upload];
  });
  return steps.join(";");
}

/** What the decoder has to be told before the input; see `x264BuildOf` in `probe.ts`. */
export const decoderOptions = ({ x264Build }: Pick<Video, "x264Build">): string[] =>
  x264Build === null ? [] : ["-x264_build", String(x264Build)];

/** One frame for two fields, and none of those that are marked as progressive. */
export const deinterlacing = ({ isInterlaced }: Pick<Video, "isInterlaced">): string[] =>
  isInterlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : [];

const scaleTo = ({ width, height }: VideoRendition): string => `scale=${width}:${height}:flags=bicubic,setsar=1`;

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
