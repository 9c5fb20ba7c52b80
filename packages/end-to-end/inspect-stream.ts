/**
 * Looks at a stream the way a critic would: fetches the master, every playlist and every segment over HTTP, hands each
 * rendition to ffprobe and ffmpeg, and reports what they find. It trusts nothing that the project's own code says.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface InspectedRendition {
  uri: string;
  /** Attributes of its EXT-X-STREAM-INF; empty for sound. */
  attributes: Record<string, string>;
  segments: { uri: string; durationSeconds: number; bytes: number }[];
  ended: boolean;
  /** Sum of the EXTINFs. */
  listedSeconds: number;
  /** What ffprobe says of init and segments joined. */
  width: number;
  height: number;
  codec: string;
  profile: string;
  level: number;
  frameRate: number;
  frames: number;
  /** Presentation times of the key frames, seconds. */
  keyFrames: number[];
  /** First frame's time and the last one's end, seconds. */
  startSeconds: number;
  endSeconds: number;
  /** Lines that ffmpeg complained with while decoding it. */
  decodeErrors: string[];
}

export interface InspectedStream {
  master: string;
  pictures: InspectedRendition[];
  sounds: InspectedRendition[];
}

/** @param masterUrl such as `http://127.0.0.1:8004/stream/{id}/master.m3u8` */
export async function inspectStream(masterUrl: string): Promise<InspectedStream> {
  const master = await text(masterUrl);
  const lines = master.split("\n");
  const pictures: InspectedRendition[] = [];
  const sounds: InspectedRendition[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#EXT-X-MEDIA:TYPE=AUDIO")) {
      sounds.push(await inspectRendition(masterUrl, attributesOf(line).URI ?? "", {}, "a"));
    }
    if (line.startsWith("#EXT-X-STREAM-INF:")) {
      pictures.push(await inspectRendition(masterUrl, lines[index + 1] ?? "", attributesOf(line), "v"));
    }
  }
  return { master, pictures, sounds };
}

async function inspectRendition(
  masterUrl: string,
  uri: string,
  attributes: Record<string, string>,
  kind: "v" | "a",
): Promise<InspectedRendition> {
  const playlistUrl = new URL(uri, masterUrl);
  const playlist = (await text(playlistUrl)).split("\n");
  const directory = await mkdtemp(join(tmpdir(), "inspect-"));
  const path = join(directory, "joined.mp4");
  try {
    const sink = Bun.file(path).writer();
    const segments: InspectedRendition["segments"] = [];
    for (const [index, line] of playlist.entries()) {
      const file = line.startsWith("#EXT-X-MAP:")
        ? attributesOf(line).URI
        : line !== "" && !line.startsWith("#")
          ? line
          : null;
      if (!file) continue;
      const bytes = await download(new URL(file, playlistUrl));
      sink.write(bytes);
      await sink.flush();
      if (!line.startsWith("#")) {
        const durationSeconds = Number.parseFloat(playlist[index - 1]?.slice("#EXTINF:".length) ?? "");
        segments.push({ uri: file, durationSeconds, bytes: bytes.byteLength });
      }
    }
    await sink.end();
    const listedSeconds = segments.reduce((sum, segment) => sum + segment.durationSeconds, 0);
    return {
      uri,
      attributes,
      segments,
      ended: playlist.includes("#EXT-X-ENDLIST"),
      listedSeconds,
      ...(await inspectFile(path, kind)),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function inspectFile(path: string, kind: "v" | "a") {
  const entries = "stream=codec_name,profile,level,width,height,r_frame_rate:packet=pts_time,duration_time,flags";
  const probed = await output([
    "ffprobe",
    "-v",
    "error",
    "-select_streams",
    kind,
    "-show_entries",
    entries,
    "-of",
    "json",
    path,
  ]);
  const { streams, packets } = JSON.parse(probed.stdout) as {
    streams: Record<string, string | number>[];
    packets: { pts_time: string; duration_time?: string; flags: string }[];
  };
  const stream = streams[0] ?? {};
  const times = packets.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b);
  const last = packets.find((packet) => Number(packet.pts_time) === times.at(-1));
  const decoded = await output(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"]);
  const [above, below] = String(stream.r_frame_rate ?? "0/1")
    .split("/")
    .map(Number);
  return {
    width: Number(stream.width ?? 0),
    height: Number(stream.height ?? 0),
    codec: String(stream.codec_name),
    profile: String(stream.profile),
    level: Number(stream.level ?? 0),
    frameRate: (above ?? 0) / (below || 1),
    frames: packets.length,
    keyFrames: packets.filter((packet) => packet.flags.includes("K")).map((packet) => Number(packet.pts_time)),
    startSeconds: times[0] ?? Number.NaN,
    endSeconds: (times.at(-1) ?? Number.NaN) + Number(last?.duration_time ?? 0),
    decodeErrors: decoded.stderr.split("\n").filter((line) => line !== ""),
  };
}

async function output(command: string[]): Promise<{ stdout: string; stderr: string }> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { stdout, stderr };
}

/** The attribute list of a tag; quotes are taken off. */
export function attributesOf(line: string): Record<string, string> {
  const list = line.slice(line.indexOf(":") + 1);
  const pairs = [...list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value?.replaceAll('"', "")]));
}

async function download(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.bytes();
}

async function text(url: string | URL): Promise<string> {
  return new TextDecoder().decode(await download(new URL(url)));
}
