/**
 * Looks at an init segment and the media segments that go with it, joined into one file, with ffprobe and ffmpeg. A
 * rendition has a part for each init segment that its playlist names: joined into one, the second would be passed over, and
 * with it the edit list that places its frames.
 */
import { ratio } from "./ratio.ts";

export interface InspectedPart {
  width: number;
  height: number;
  /** Width of a pixel over its height; 1 where the stream says nothing of it. */
  pixelAspect: number;
  codec: string;
  /** As CODECS has to name it (RFC 6381), from what the init segments hold; each once. */
  codecStrings: string[];
  profile: string;
  level: number;
  frameRate: number;
  /** Presentation times of all frames, or packets of audio, and of the key frames; seconds, ascending. */
  times: number[];
  keyFrames: number[];
  /** How long the last one lasts. */
  lastSeconds: number;
  /** Lines that ffmpeg complained with while decoding it. */
  decodeErrors: string[];
}

/** All parts of a rendition, one after the other. */
export interface JoinedParts extends InspectedPart {
  frames: number;
  /** First frame's time and the last one's end, seconds. */
  startSeconds: number;
  endSeconds: number;
}

/** What ffprobe says of a stream. */
type Stream = Record<string, string | number>;

/** Far more than looking at any file takes. */
const timeoutSeconds = 300;

/** @param kind whether to look at the video or at the audio in it */
export async function inspectPart(path: string, kind: "v" | "a"): Promise<InspectedPart> {
  const ofStream = "codec_name,codec_tag_string,profile,level,width,height,sample_aspect_ratio,r_frame_rate,duration";
  const entries = `stream=${ofStream}:packet=pts_time,duration_time,flags`;
  const question = ["-select_streams", kind, "-show_entries", entries, "-of", "json"];
  const probed = await output(["ffprobe", "-v", "error", ...question, path]);
  const { streams = [], packets = [] } = JSON.parse(probed.stdout) as {
    streams?: Stream[];
    packets?: { pts_time: string; duration_time?: string; flags: string }[];
  };
  const stream = streams[0] ?? {};
  const times = packets.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b);
  const last = packets.find((packet) => Number(packet.pts_time) === times.at(-1));
  // In the file's own times: at a nominal frame rate two frames of a varying one fall on the same tick.
  const decoding = ["-i", path, "-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"];
  const decoded = await output(["ffmpeg", "-nostdin", "-v", "error", ...decoding]);
  return {
    width: Number(stream.width ?? 0),
    height: Number(stream.height ?? 0),
    pixelAspect: ratio(stream.sample_aspect_ratio) || 1,
    codec: String(stream.codec_name),
    codecStrings: [codecString(stream, await Bun.file(path).slice(0, initBytes).bytes())],
    profile: String(stream.profile),
    level: Number(stream.level ?? 0),
    frameRate: ratio(stream.r_frame_rate),
    times,
    keyFrames: packets.filter((packet) => packet.flags.includes("K")).map((packet) => Number(packet.pts_time)),
    // Of a fragmented video ffprobe tells no packet's duration; that of the stream is where its last one ends.
    lastSeconds: Number(last?.duration_time) || Math.max(0, Number(stream.duration) - (times.at(-1) ?? 0)) || 0,
    decodeErrors: decoded.stderr.split("\n").filter((line) => line !== ""),
  };
}

/** A rendition from its parts, in the playlist's order. What all of them should share is taken from the first. */
export function joinParts(parts: InspectedPart[]): JoinedParts {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last) throw new Error("The playlist lists nothing");
  const times = parts.flatMap((part) => part.times).sort((a, b) => a - b);
  return {
    ...first,
    codecStrings: [...new Set(parts.flatMap((part) => part.codecStrings))],
    times,
    frames: times.length,
    keyFrames: parts.flatMap((part) => part.keyFrames),
    lastSeconds: last.lastSeconds,
    startSeconds: times[0] ?? Number.NaN,
    endSeconds: (times.at(-1) ?? Number.NaN) + last.lastSeconds,
    decodeErrors: parts.flatMap((part) => part.decodeErrors),
  };
}

/** Audio object types (ISO/IEC 14496-3) by ffprobe's name of the profile. */
const objectTypes: Record<string, number> = { Main: 1, LC: 2, "HE-AAC": 5, "HE-AACv2": 29 };
/** An init segment is far shorter. */
const initBytes = 4096;

/** Profile, constraints and level of H.264 stand in its configuration record (ISO/IEC 14496-15, 5.3.3.1). */
function codecString(stream: Stream, init: Uint8Array): string {
  const record = Buffer.from(init).indexOf("avcC");
  if (stream.codec_name === "h264" && record >= 0) {
    return `${stream.codec_tag_string}.${Buffer.from(init.subarray(record + 5, record + 8)).toString("hex")}`;
  }
  if (stream.codec_name === "aac") return `mp4a.40.${objectTypes[String(stream.profile)] ?? "?"}`;
  return String(stream.codec_name);
}

async function output(command: string[]): Promise<{ stdout: string; stderr: string }> {
  const timeout = timeoutSeconds * 1000;
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  if (child.signalCode) throw new Error(`${command[0]} did not end within ${timeoutSeconds} s`);
  return { stdout, stderr };
}
