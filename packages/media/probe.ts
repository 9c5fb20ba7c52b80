/**
 * Asks ffprobe what a source is. Input is hostile: only demuxers and protocols that are needed, so that a playlist or a
 * concat script that calls itself video cannot make ffprobe open other files; and a bound on time.
 */
import { type Facts, factsOf, ProbeOutput } from "./facts.ts";
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
  if (!facts.picture || trustsDuration(facts)) return facts;
  const endSeconds = await measuredEnd(source, facts, parsed.data.format.start_time ?? 0, run, signal);
  return endSeconds === null ? facts : { ...facts, picture: { ...facts.picture, endSeconds } };
}

/** MP4 and MOV say for each stream how long it is; elsewhere the duration is often that of the sound. */
function trustsDuration(facts: Facts): boolean {
  return /\b(mov|mp4)\b/.test(facts.container) && (facts.picture?.endSeconds ?? 0) > 0;
}

/** The end of the last picture frame, from the packets of the last seconds; null when there are none there. */
async function measuredEnd(
  source: string,
  facts: Facts,
  origin: number,
  run: Run,
  signal?: AbortSignal,
): Promise<number | null> {
  if (!facts.picture) return null;
  const from = Math.max(0, origin + facts.picture.endSeconds - 10);
  const stream = ["-select_streams", String(facts.picture.stream)];
  const packets = ["-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0"];
  const near = await ffprobe(source, [...stream, ...packets, "-read_intervals", `${from.toFixed(3)}%`], run, signal);
  const found = endOf(near, facts.picture.frameRate);
  if (found !== null) return found - origin;
  const all = endOf(await ffprobe(source, [...stream, ...packets], run, signal), facts.picture.frameRate);
  return all === null ? null : all - origin;
}

function endOf(csv: string, frameRate: number): number | null {
  let end: number | null = null;
  for (const line of csv.split("\n")) {
    const [time, duration] = line.split(",").map(Number.parseFloat);
    if (time === undefined || Number.isNaN(time)) continue;
    end = Math.max(end ?? 0, time + (duration && duration > 0 ? duration : 1 / frameRate));
  }
  return end;
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
