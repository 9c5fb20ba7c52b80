/**
 * Asks ffprobe what a source is. Input is hostile: only demuxers and protocols that are needed, so that a playlist or a
 * concat script that calls itself video cannot make ffprobe open other files; and a bound on time.
 */
import { openAsBlob } from "node:fs";
import { isUntimed } from "./access.ts";
import {
  codecName,
  type Facts,
  factsOf,
  lacksParameters,
  ProbeOutput,
  parseFlat,
  usedEntries,
  type VideoFacts,
} from "./facts.ts";
import {
  createFrameTimesCollector,
  type FrameTimes,
  type FrameTimesCollector,
  longGopsOf,
  type TimedPacket,
} from "./frame-times.ts";
import {
  boxesFrom,
  endsWithinBox,
  firstVideoTrack,
  type IndexedTimes,
  indexedTimes,
  keyFrameNumbers,
} from "./mp4-boxes.ts";
import { type LongGop, minLongGopSeconds } from "./plan.ts";
import { guardedInput, quiet, type Run, withoutAddress } from "./spawn.ts";
import { isEncryptedMp4, whatItIs } from "./what-it-is.ts";

/** The source cannot be used; the message is for people. */
export class SourceError extends Error {
  override name = "SourceError";
}

/**
 * What comes before `-i`, too, where a stream begins so late that the first 5 MB do not tell what it is: how many bytes of
 * the file, and microseconds of it, are looked at.
 */
export const deepInput = ["-probesize", String(256 * 1024 * 1024), "-analyzeduration", String(180 * 1_000_000)];

/** Before `-i` of MPEG-TS: where a programme's map changes, its streams go on in those that were there. */
export const mergedPids = ["-merge_pmt_versions", "1"];

const probeSeconds = 30;

/**
 * @param source an absolute path
 * @throws SourceError when nothing in it can be shown or heard
 */
export async function probe(source: string, run: Run, signal?: AbortSignal): Promise<Facts> {
  const file = await openAsBlob(source);
  const ended = new AbortController();
  const ahead = lookAhead(file, {
    source,
    run,
    signal: signal ? AbortSignal.any([signal, ended.signal]) : ended.signal,
  });
  try {
    return await probeWith(ahead, file, source, run, signal);
  } finally {
    ended.abort();
    await ahead;
  }
}

async function probeWith(
  ahead: Promise<Ahead | null>,
  file: Blob,
  source: string,
  run: Run,
  signal?: AbortSignal,
): Promise<Facts> {
  const described = await describeWhole(source, run, signal).catch(async (error: unknown) => {
    const sentence = error instanceof SourceError ? await whatItIs(file) : null;
    throw sentence === null ? error : new SourceError(sentence);
  });
  const facts = { ...factsOf(described.output), ...(described.isDeep ? { needsDeepProbe: true as const } : {}) };
  if (/\bmp4\b/.test(facts.container) && (await isEncryptedMp4(file))) throw await refusal(file, described.output);
  if (!facts.video && facts.audio.length === 0) throw await refusal(file, described.output);
  assertSize(facts.video);
  const { start_time: origin = 0 } = described.output.format;
  const measure: Measure = { source, origin, firstVideo: described.firstVideo, ahead, run, signal };
  const hasIndexOfFrames = /\b(mov|mp4)\b/.test(facts.container);
  const isCutOff = hasIndexOfFrames && (await endsWithinBox(file));
  const isPlausible = isPlausibleDuration(described.output.format) && !isCutOff;
  const trustsEnd = isPlausible && hasIndexOfFrames;
  const shown = facts.video && (await measuredVideo(measure, facts.video, trustsEnd));
  // Of a stream without times its copy tells where it ends.
  const video = shown && (shown.endSeconds > 0 || isUntimed(facts.container)) ? shown : null;
  const heard = await Promise.all(
    facts.audio.map(async (one) => {
      if (isPlausible && one.endSeconds > 0) return one;
      return { ...one, endSeconds: (await measuredEnd(measure, { ...one, endSeconds: 0 })) ?? 0 };
    }),
  );
  const audio = heard.filter((one) => one.endSeconds > 0);
  if (!video && audio.length === 0) throw await refusal(file, described.output);
  const endSeconds = endOf({ video, audio });
  const hours = endSeconds / 3600;
  if (!(hours <= mostHours))
    throw new SourceError(`This file claims to be ${Math.round(hours)} h long; at most ${mostHours} h are taken`);
  const ends = isCutOff ? warningsOfEnd(endSeconds, endOf(facts)) : [];
  return { ...facts, video, audio, warnings: [...facts.warnings, ...ends, ...warningsOfTimes(video)] };
}

const endOf = ({ video, audio }: Pick<Facts, "video" | "audio">): number =>
  Math.max(video?.endSeconds ?? 0, ...audio.map((one) => one.endSeconds));

function warningsOfEnd(endSeconds: number, claimedSeconds: number): string[] {
  if (claimedSeconds - endSeconds < 1) return [];
  const [there, claimed] = [endSeconds, claimedSeconds].map((seconds) => seconds.toFixed(1));
  return [`The file was cut off: ${there} s of the ${claimed} s that its index tells are there`];
}

function warningsOfTimes(video: VideoFacts | null): string[] {
  const count = video?.wrongTimes ?? 0;
  if (count === 0) return [];
  const them = count === 1 ? "1 time stamp of the video" : `${count} time stamps of the video`;
  return [`${them} cannot be right: those frames are shown beside the ones that they were recorded with`];
}

/**
 * Asks again where a stream of a known codec has no parameters, and looks further into the file; and where a transport stream
 * has more streams of a kind, which may be one that has moved to another PID.
 */
async function describeWhole(source: string, run: Run, signal?: AbortSignal) {
  const first = await describe(source, [], run, signal);
  const known = ({ audio, video }: Facts) => audio.length + (video ? 1 : 0);
  let output = first;
  const isDeep = lacksParameters(first);
  if (isDeep) output = await describe(source, deepInput, run, signal);
  const isDeeper = isDeep && known(factsOf(output)) > known(factsOf(first));
  if (!isDeeper) output = first;
  const count = (kind: string) => output.streams.filter((stream) => stream.codec_type === kind).length;
  if (output.format.format_name === "mpegts" && (count("video") > 1 || count("audio") > 1))
    output = await describe(source, [...(isDeeper ? deepInput : []), ...mergedPids], run, signal);
  const firstVideo = first.streams.find(({ codec_type }) => codec_type === "video")?.index ?? null;
  return { output, isDeep: isDeeper, firstVideo };
}

async function describe(source: string, input: string[], run: Run, signal?: AbortSignal): Promise<ProbeOutput> {
  const lines = await ffprobe(source, [...input, "-show_entries", usedEntries, "-of", "flat"], run, signal);
  const parsed = ProbeOutput.safeParse(parseFlat(lines));
  if (!parsed.success) throw new SourceError("This is not a media file that can be read: ffprobe describes no format");
  return parsed.data;
}

/** What a readable file is whose streams are of no use, with their codecs. */
async function refusal(file: Blob, described: ProbeOutput): Promise<SourceError> {
  const codecs = described.streams.map((stream) => `${stream.codec_type ?? "data"} ${codecName(stream)}`).join(", ");
  const reason = (await whatItIs(file)) ?? `This file has neither a video nor audio that can be decoded`;
  return new SourceError(codecs ? `${reason} (it has: ${codecs})` : reason);
}

/** 8K in either direction. */
const mostPixels = 8192 * 8192;

function assertSize(video: VideoFacts | null): void {
  if (!video || video.width * video.height <= mostPixels) return;
  throw new SourceError(`The video is ${video.width}x${video.height}; at most ${mostPixels} pixels are taken`);
}

/** A week. Beyond it stand only broken time stamps. */
const mostHours = 168;

/** Less than this, in bits a second, is no film but a lie about how long it is. */
const leastBitrate = 2000;

function isPlausibleDuration({ duration = 0, size = 0 }: ProbeOutput["format"]): boolean {
  return duration > 0 && (size * 8) / duration >= leastBitrate;
}

interface Reading {
  source: string;
  run: Run;
  signal: AbortSignal | undefined;
}

interface Measure extends Reading {
  /** Where the file's time begins, seconds. */
  origin: number;
  /** Number of the first stream of video. */
  firstVideo: number | null;
  ahead: Promise<Ahead | null>;
}

/**
 * What is found out of the first stream of video while it is asked what the file is, because that will be needed: a process
 * takes a tenth of a second. Either from an index, or from all packets, which may not have been read to the end.
 */
type Ahead =
  | { index: IndexedTimes; lastShown: TimedPacket | null }
  | { index: null; collector: FrameTimesCollector | null };

/** Null where nothing is to be found out, or something went wrong. Never rejects. */
async function lookAhead(file: Blob, reading: Reading): Promise<Ahead | null> {
  try {
    const isMp4 = (await boxesFrom(file)).some(({ type }) => type === "moov");
    const track = isMp4 ? await firstVideoTrack(file) : null;
    if (isMp4 && (track === null || track.isEven)) return null;
    const index = track && (await indexedTimes(file, track.position));
    if (!index) return { index, collector: await collect(reading, "v:0") };
    return { index, lastShown: index.isReordered ? await lastShown(reading, "v:0", lastTime(index)) : null };
  } catch {
    return null;
  }
}

const lastTime = ({ presented }: IndexedTimes): number => presented.reduce((last, time) => Math.max(last, time), 0);

/**
 * When the frames of the video are shown. An index of MP4 or MOV that has one distance for all of them proves a constant
 * rate, and says where they end; elsewhere every packet is looked at.
 */
async function measuredVideo(measure: Measure, video: VideoFacts, trustsEnd: boolean): Promise<VideoFacts> {
  const x264Build = await x264BuildOf(measure, video);
  const isProven = video.isConstantByIndex && video.frameRate <= mostPlausibleRate;
  if (isProven && trustsEnd && video.endSeconds > 0) {
    const longGops = await longGopsByIndex(measure, video);
    return { ...video, x264Build, variableFrameRate: false, longGops, longestFrameSeconds: 1 / video.frameRate };
  }
  const isIndexed = trustsEnd && video.endSeconds > 0 && codecsOfWholeFrames.test(video.codec);
  const times = (isIndexed ? await frameTimesByIndex(measure, video) : null) ?? (await frameTimes(measure, video));
  if (!times) {
    const endSeconds = (await measuredEnd(measure, video)) ?? video.endSeconds;
    return { ...video, x264Build, endSeconds };
  }
  const { frameRate, isConstant, lastSeconds, endSeconds, mended, equal, longGops } = times;
  const startSeconds = Math.max(0, times.startSeconds);
  const wrongTimes = mended.length + equal;
  const when = { frameRate, variableFrameRate: !isConstant, startSeconds, lastSeconds, endSeconds, mended, wrongTimes };
  return { ...video, x264Build, ...when, longGops, longestFrameSeconds: times.longestSeconds };
}

/** Of an MP4 whose index has one distance for all frames. */
async function longGopsByIndex({ source }: Measure, video: VideoFacts): Promise<LongGop[]> {
  const { stream, startSeconds, endSeconds, frameRate } = video;
  if (endSeconds - startSeconds <= minLongGopSeconds) return [];
  const numbers = (await keyFrameNumbers(await openAsBlob(source), stream)) ?? [];
  return longGopsOf(
    numbers.map((number) => startSeconds + (number - 1) / frameRate),
    endSeconds,
  );
}

/** Higher rates are those of clocks that nobody set. */
const mostPlausibleRate = 60.5;

/** Codecs of which ffmpeg takes frames of MP4 as they are: it cuts none, joins none and gives none another time. */
const codecsOfWholeFrames = /^(h264|hevc|av1)$/;
/** Seconds by which the index and ffprobe may differ: half a microsecond of rounding in each of the numbers. */
const toldSeconds = 3e-6;

/**
 * The same from the index of an MP4, without a look at its packets, of which a long film has gigabytes; null where the index
 * does not tell it, or ffprobe tells something else of the beginning or the end.
 */
async function frameTimesByIndex(measure: Measure, video: VideoFacts): Promise<FrameTimes | null> {
  const ahead = await aheadOf(measure, video);
  const index = ahead?.index ?? (await indexedTimes(await openAsBlob(measure.source), video.stream));
  if (!index) return null;
  const { presented, keyFrames, isReordered } = index;
  let first = Number.POSITIVE_INFINITY;
  let lastPacket = 0;
  for (const [packet, pts] of presented.entries()) {
    if (pts < first) first = pts;
    if (pts >= (presented[lastPacket] ?? 0)) lastPacket = packet;
  }
  const last = presented[lastPacket] ?? Number.NaN;
  if (Math.abs(first - measure.origin - video.startSeconds) > toldSeconds) return null;
  // Where frames are shown in the order of decoding, the last one is shown until the track ends.
  const end = { pts: last, duration: video.endSeconds + measure.origin - last };
  const inTurn = () => (ahead?.index && ahead.lastShown) ?? lastShown(measure, String(video.stream), last);
  const told = isReordered ? await inTurn() : end;
  if (!told || Math.abs(told.pts - last) > toldSeconds || told.duration < 0) return null;
  const collector = createFrameTimesCollector();
  let nextKey = 0;
  for (const [packet, time] of presented.entries()) {
    const isKey = keyFrames === null || keyFrames[nextKey] === packet + 1;
    if (isKey) nextKey++;
    const duration = packet === lastPacket ? told.duration : 0;
    collector.add({ pts: time, dts: time, duration, isShown: true, isKey });
  }
  return collector.result({ ...video, origin: measure.origin });
}

/**
 * The packet of the last second that is shown last; null where there is none, or one of them is not shown.
 *
 * @param lastSeconds when it is shown as the index tells it
 */
async function lastShown(reading: Reading, stream: string, lastSeconds: number): Promise<TimedPacket | null> {
  let last: TimedPacket | null = null;
  let areShown = true;
  const from = Math.max(0, lastSeconds - lastLookSeconds);
  await eachPacket(reading, stream, `${from.toFixed(3)}%`, (packet) => {
    areShown &&= packet.isShown;
    if (packet.pts >= (last?.pts ?? Number.NEGATIVE_INFINITY)) last = packet;
  });
  return areShown ? last : null;
}

/** What is looked at of the end. */
const lastLookSeconds = 1;

/** Of all packets that are shown, in seconds from the start of the file; null where they cannot be read in time. */
async function frameTimes(measure: Measure, video: VideoFacts): Promise<FrameTimes | null> {
  const ahead = await aheadOf(measure, video);
  const isRead = ahead !== null && ahead.index === null;
  const collector = isRead ? ahead.collector : await collect(measure, String(video.stream));
  return collector?.result({ ...video, origin: measure.origin }) ?? null;
}

/** Null where it is of another stream. */
const aheadOf = async ({ ahead, firstVideo }: Measure, { stream }: VideoFacts): Promise<Ahead | null> =>
  firstVideo === stream ? await ahead : null;

/** All packets; null where they cannot be read, or not in time. */
async function collect(reading: Reading, stream: string): Promise<FrameTimesCollector | null> {
  const collector = createFrameTimesCollector();
  return (await eachPacket(reading, stream, "%", collector.add)) ? collector : null;
}

/**
 * Old versions of x264 coded 4:4:4 in their own way. The version stands in the first packet, and a decoder that begins in
 * the middle does not see it: it has to be told, or it decodes noise.
 */
async function x264BuildOf({ source, run, signal }: Measure, video: VideoFacts): Promise<number | null> {
  if (video.codec !== "h264" || !video.pixelFormat.includes("444")) return null;
  const first = ["-read_intervals", "%+#1", "-show_entries", "packet=pos,size", "-of", "csv=p=0"];
  const told = await ffprobe(source, ["-select_streams", String(video.stream), ...first], run, signal);
  const [size = 0, position = Number.NaN] = (told[0] ?? "").split(",").map(Number.parseFloat);
  if (Number.isNaN(position)) return null;
  const packet = (await openAsBlob(source)).slice(position, position + Math.min(size, mostPacketBytes));
  const build = /x264 - core (\d+)/.exec(new TextDecoder("latin1").decode(await packet.arrayBuffer()))?.[1];
  return build === undefined ? null : Number(build);
}

/** The version stands at the beginning. */
const mostPacketBytes = 4096;

/** The end of a stream's last packet, from the packets of the last seconds, else of all; null when there are none. */
async function measuredEnd(
  measure: Measure,
  { stream, endSeconds, frameRate = 0 }: { stream: number; endSeconds: number; frameRate?: number },
): Promise<number | null> {
  const frameSeconds = frameRate > 0 ? 1 / frameRate : 0;
  const endWithin = async (interval: string) => {
    let end = Number.NEGATIVE_INFINITY;
    await eachPacket(measure, String(stream), interval, ({ pts, duration }) => {
      if (!Number.isNaN(pts)) end = Math.max(end, pts + (duration || frameSeconds));
    });
    return Number.isFinite(end) ? end - measure.origin : null;
  };
  const from = Math.max(0, measure.origin + endSeconds - 10);
  return (endSeconds > 0 ? await endWithin(`${from.toFixed(3)}%`) : null) ?? (await endWithin("%"));
}

/** True where the stream has a packet at or after this time, in seconds from the start of the file. */
export async function hasPacketsFrom(
  source: string,
  stream: number,
  seconds: number,
  run: Run,
  signal: AbortSignal,
): Promise<boolean> {
  const told = await ffprobe(source, ["-show_entries", "format=start_time", "-of", "csv=p=0"], run, signal);
  const origin = Number(told[0]) || 0;
  let found = false;
  const from = `${(origin + seconds).toFixed(3)}%+#200`;
  await eachPacket({ source, run, signal }, String(stream), from, (packet) => {
    found ||= packet.pts - origin >= seconds;
  });
  return found;
}

/** Seconds that are decoded first; each further try goes four times as far back. */
const firstLookBackSeconds = 30;

/**
 * When the last key frame before this time is shown that can be decoded, in seconds from the start of the file as the
 * commands of chunks count them; null where there is none.
 */
export async function keyFrameBefore(
  source: string,
  stream: number,
  seconds: number,
  run: Run,
  signal: AbortSignal,
): Promise<number | null> {
  let to = seconds;
  for (let back = firstLookBackSeconds; to > 0; back *= 4) {
    const from = Math.max(0, seconds - back);
    let last: number | null = null;
    const onLine = (line: string) => {
      const pts = /^\d+, *-?\d+, *(-?\d+),/.exec(line)?.[1];
      const shown = Number(pts) / 90_000;
      if (pts !== undefined && shown < seconds) last = shown;
    };
    const seek = from > 0 ? ["-noaccurate_seek", "-ss", String(from)] : [];
    const frames = ["-map", `0:${stream}`, "-vf", `trim=end=${to}`, "-fps_mode", "passthrough"];
    const output = ["-enc_time_base", "1:90000", "-s", "16x16", "-f", "framecrc", "-"];
    const input = [
      "-skip_frame",
      "nokey",
      ...seek,
      "-copyts",
      "-start_at_zero",
      ...guardedInput,
      "-i",
      `file:${source}`,
    ];
    await run("ffmpeg", [...quiet, ...input, ...frames, ...output], { signal, onLine });
    signal.throwIfAborted();
    if (last !== null) return last;
    to = from;
  }
  return null;
}

/** Calls back for each packet in the order of decoding; false where a damaged file cannot be read, or not in time. */
async function eachPacket(
  { source, run, signal }: Reading,
  stream: string,
  interval: string,
  onPacket: (packet: TimedPacket) => void,
): Promise<boolean> {
  const shown = ["-show_entries", "packet=pts_time,dts_time,duration_time,flags", "-of", "csv=p=0"];
  const intervals = interval === "%" ? [] : ["-read_intervals", interval];
  const onLine = (line: string) => {
    const [pts = "", dts = "", duration = "", flags = ""] = line.split(",");
    const [isShown, isKey] = [!flags.includes("D"), flags.includes("K")];
    onPacket({ pts: seconds(pts), dts: seconds(dts), duration: seconds(duration) || 0, isShown, isKey });
  };
  try {
    await eachLine(source, ["-select_streams", stream, ...shown, ...intervals], onLine, run, signal);
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return false;
  }
}

/** `N/A` is NaN. */
const seconds = (text: string): number => Number.parseFloat(text);

/** More than any description of a real file has. */
const mostCharacters = 4 * 1024 * 1024;

/** ffprobe's whole answer, by lines. */
async function ffprobe(source: string, question: string[], run: Run, signal?: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  let characters = 0;
  const keep = (line: string) => {
    characters += line.length;
    if (characters <= mostCharacters) lines.push(line);
  };
  await eachLine(source, question, keep, run, signal);
  if (characters > mostCharacters) throw new SourceError("This file has more streams than can be described");
  return lines;
}

async function eachLine(
  source: string,
  question: string[],
  onLine: (line: string) => void,
  run: Run,
  signal?: AbortSignal,
): Promise<void> {
  const result = await run("ffprobe", ["-v", "error", ...guardedInput, ...question, "-i", `file:${source}`], {
    timeoutSeconds: probeSeconds,
    onLine,
    ...(signal ? { signal } : {}),
  });
  signal?.throwIfAborted();
  const endedAfter = result.timedOut ? probeSeconds : result.stalledSeconds;
  if (endedAfter !== undefined) throw new SourceError(`This file could not be examined within ${endedAfter} s`);
  if (result.exitCode !== 0) {
    throw new SourceError(`This is not a media file that can be read: ${reasonIn(result.errors, source)}`);
  }
}

/** ffprobe's last word, without the path that it begins with. */
function reasonIn(errors: string, source: string): string {
  const last = errors.split("\n").at(-1) ?? "";
  return withoutAddress(last).replace(`file:${source}: `, "") || "ffprobe gives no reason";
}
