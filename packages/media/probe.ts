/**
 * Asks ffprobe what a source is. Input is hostile: only demuxers and protocols that are needed, so that a playlist or a
 * concat script that calls itself video cannot make ffprobe open other files; and a bound on time.
 */
import { type Facts, factsOf, type PictureFacts, ProbeOutput } from "./facts.ts";
import type { Run } from "./spawn.ts";

/** The source cannot be used; the message is for people. */
export class SourceError extends Error {
  override name = "SourceError";
}

/** Demuxers that read one file and never open another. */
const demuxers = [
  ...[
    "mov",
    "mp4",
    "m4a",
    "3gp",
    "3g2",
    "mj2",
    "matroska",
    "webm",
    "avi",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "flv",
    "live_flv",
  ],
  ...[
    "asf",
    "ogg",
    "mxf",
    "h264",
    "hevc",
    "m4v",
    "ivf",
    "obu",
    "dv",
    "rm",
    "nut",
    "mjpeg",
    "gif",
    "wav",
    "w64",
    "aiff",
  ],
  ...[
    "mp3",
    "aac",
    "flac",
    "ac3",
    "eac3",
    "amr",
    "caf",
    "ape",
    "wv",
    "au",
    "swf",
    "gxf",
    "nsv",
    "wtv",
    "ty",
    "h263",
    "vc1",
  ],
].join(",");

/** What comes before `-i` for every source, in ffprobe and ffmpeg alike. */
export const guardedInput = ["-protocol_whitelist", "file", "-format_whitelist", demuxers] as const;

const probeSeconds = 30;

/**
 * @param source an absolute path
 * @throws SourceError when nothing in it can be shown or heard
 */
export async function probe(source: string, run: Run, signal?: AbortSignal): Promise<Facts> {
  const output = await ffprobe(source, ["-show_format", "-show_streams", "-of", "json"], run, signal);
  const parsed = ProbeOutput.safeParse(parseJson(output));
  if (!parsed.success) throw new SourceError("This is not a media file that can be read: ffprobe describes no format");
  const facts = factsOf(parsed.data);
  if (!facts.picture && facts.sound.length === 0) {
    throw new SourceError("This file has neither a picture nor sound that can be decoded");
  }
  const measure: Measure = { source, origin: parsed.data.format.start_time ?? 0, run, signal };
  const isPlausible = isPlausibleDuration(parsed.data.format);
  const trustsEnd = isPlausible && /\b(mov|mp4)\b/.test(facts.container);
  const picture = facts.picture && (await measuredPicture(measure, facts.picture, trustsEnd));
  const sound = await Promise.all(
    facts.sound.map(async (one) => {
      if (isPlausible && one.endSeconds > 0) return one;
      return { ...one, endSeconds: (await measuredEnd(measure, { ...one, endSeconds: 0 })) ?? 0 };
    }),
  );
  const hours = Math.max(picture?.endSeconds ?? 0, ...sound.map((one) => one.endSeconds)) / 3600;
  if (!(hours <= mostHours))
    throw new SourceError(`This file claims to be ${Math.round(hours)} h long; at most ${mostHours} h are taken`);
  return { ...facts, picture, sound };
}

/** A week. Beyond it stand only broken time stamps. */
const mostHours = 168;

/** Less than this, in bits a second, is no film but a lie about how long it is. */
const leastBitrate = 2000;

function isPlausibleDuration({ duration = 0, size = 0 }: ProbeOutput["format"]): boolean {
  return duration > 0 && (size * 8) / duration >= leastBitrate;
}

interface Measure {
  source: string;
  /** Where the file's time begins, seconds. */
  origin: number;
  run: Run;
  signal: AbortSignal | undefined;
}

/**
 * MP4 and MOV say for each stream how long it is; elsewhere the duration is often that of the sound. A rate that varies, or
 * that nobody films with, is counted.
 */
async function measuredPicture(measure: Measure, picture: PictureFacts, trustsEnd: boolean): Promise<PictureFacts> {
  const countsRate = picture.variableFrameRate || picture.frameRate > 60.5;
  const frameRate = (countsRate && (await countedFrameRate(measure, picture))) || picture.frameRate;
  const variableFrameRate = picture.variableFrameRate || Math.abs(frameRate / picture.frameRate - 1) > 0.01;
  const endSeconds = trustsEnd && picture.endSeconds > 0 ? null : await measuredEnd(measure, { ...picture, frameRate });
  return { ...picture, frameRate, variableFrameRate, endSeconds: endSeconds ?? picture.endSeconds };
}

const countedSeconds = 10;

/** Frames a second at the beginning; null where there are too few. */
async function countedFrameRate(measure: Measure, { stream }: PictureFacts): Promise<number | null> {
  const times = (await packetsOf(measure, stream, `%+${countedSeconds}`)).map((packet) => packet.seconds);
  if (times.length < 3) return null;
  const span = Math.max(...times) - Math.min(...times);
  return span > 0 ? (times.length - 1) / span : null;
}

/** The end of a stream's last packet, from the packets of the last seconds, else of all; null when there are none. */
async function measuredEnd(
  measure: Measure,
  { stream, endSeconds, frameRate = 0 }: { stream: number; endSeconds: number; frameRate?: number },
): Promise<number | null> {
  const from = Math.max(0, measure.origin + endSeconds - 10);
  const near = endSeconds > 0 ? await packetsOf(measure, stream, `${from.toFixed(3)}%`) : [];
  const packets = near.length > 0 ? near : await packetsOf(measure, stream, "%");
  if (packets.length === 0) return null;
  const frameSeconds = frameRate > 0 ? 1 / frameRate : 0;
  return Math.max(...packets.map((packet) => packet.seconds + (packet.duration || frameSeconds))) - measure.origin;
}

/** True where the stream has a packet at or after this time, in seconds from the start of the file. */
export async function hasPacketsFrom(source: string, stream: number, seconds: number, run: Run): Promise<boolean> {
  const origin =
    Number((await ffprobe(source, ["-show_entries", "format=start_time", "-of", "csv=p=0"], run)) || 0) || 0;
  const from = `${(origin + seconds).toFixed(3)}%+#200`;
  const packets = await packetsOf({ source, origin, run, signal: undefined }, stream, from);
  return packets.some((packet) => packet.seconds - origin >= seconds);
}

/** Times and durations of packets, in seconds; none where a damaged file cannot be read there. */
async function packetsOf({ source, run, signal }: Measure, stream: number, interval: string) {
  const question = [
    "-select_streams",
    String(stream),
    "-show_entries",
    "packet=pts_time,duration_time",
    "-of",
    "csv=p=0",
  ];
  const intervals = interval === "%" ? [] : ["-read_intervals", interval];
  let csv: string;
  try {
    csv = await ffprobe(source, [...question, ...intervals], run, signal);
  } catch (error) {
    if (error instanceof SourceError) return [];
    throw error;
  }
  return csv.split("\n").flatMap((line) => {
    const [seconds = Number.NaN, duration = Number.NaN] = line.split(",").map(Number.parseFloat);
    return Number.isNaN(seconds) ? [] : [{ seconds, duration: duration || 0 }];
  });
}

async function ffprobe(source: string, question: string[], run: Run, signal?: AbortSignal): Promise<string> {
  const lines: string[] = [];
  const result = await run("ffprobe", ["-v", "error", ...guardedInput, ...question, "-i", `file:${source}`], {
    timeoutSeconds: probeSeconds,
    onLine: (line) => lines.push(line),
    ...(signal ? { signal } : {}),
  });
  signal?.throwIfAborted();
  if (result.timedOut) throw new SourceError(`This file could not be examined within ${probeSeconds} s`);
  if (result.exitCode !== 0) {
    throw new SourceError(`This is not a media file that can be read: ${reasonIn(result.errors, source)}`);
  }
  return lines.join("\n");
}

/** ffprobe's last word, without the path it begins with. */
function reasonIn(errors: string, source: string): string {
  const last = errors.split("\n").at(-1) ?? "";
  return last.replace(`file:${source}: `, "") || "ffprobe gives no reason";
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
