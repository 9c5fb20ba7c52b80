/**
 * Looks at a stream the way a critic would: fetches the master, every playlist and every segment over HTTP, hands each
 * rendition to ffprobe and ffmpeg, and reports what they find. It trusts nothing that the project's own code says.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type InspectedPart, inspectPart, type JoinedParts, joinParts } from "./inspect-part.ts";
import { type InitTimes, readInit, readSegmentTimes, type SegmentTimes } from "./segment-times.ts";

export interface InspectedRendition extends JoinedParts {
  uri: string;
  /** Attributes of its EXT-X-STREAM-INF; empty for audio. */
  attributes: Record<string, string>;
  segments: { uri: string; durationSeconds: number; bytes: number; times: SegmentTimes }[];
  ended: boolean;
  /** Sum of the EXTINFs. */
  listedSeconds: number;
}

export interface InspectedStream {
  master: string;
  videos: InspectedRendition[];
  /** What EXT-X-MEDIA lists, and variants without RESOLUTION: those of a video that has no video track. */
  audios: InspectedRendition[];
  /** All other playlists of the master, such as subtitles and key frames; that they and all they list were there is all that was asked. */
  others: string[];
}

/**
 * @param masterUrl such as `http://127.0.0.1:8004/stream/{id}/master.m3u8`
 * @throws Error when anything that is listed does not answer 200
 */
export async function inspectStream(masterUrl: string): Promise<InspectedStream> {
  const master = await text(masterUrl);
  const lines = master.split("\n");
  const videos: InspectedRendition[] = [];
  const audios: InspectedRendition[] = [];
  const others: string[] = [];
  for (const [index, line] of lines.entries()) {
    const attributes = attributesOf(line);
    if (line.startsWith("#EXT-X-MEDIA:") && attributes.TYPE === "AUDIO") {
      audios.push(await inspectRendition(masterUrl, attributes.URI ?? "", {}, "a"));
    } else if (line.startsWith("#EXT-X-STREAM-INF:")) {
      const uri = lines[index + 1] ?? "";
      if (attributes.RESOLUTION) videos.push(await inspectRendition(masterUrl, uri, attributes, "v"));
      else if (!audios.some((audio) => audio.uri === uri)) {
        audios.push(await inspectRendition(masterUrl, uri, attributes, "a"));
      }
    } else if (line.startsWith("#EXT-X-") && attributes.URI) {
      await downloadListed(new URL(attributes.URI, masterUrl));
      others.push(attributes.URI);
    }
  }
  return { master, videos, audios, others };
}

/** A playlist and all that it lists, of a file no more than the range that it names. */
async function downloadListed(playlistUrl: URL): Promise<void> {
  let range: { bytes: number; from: number } | undefined;
  for (const line of (await text(playlistUrl)).split("\n")) {
    const [, bytes, from] = /^#EXT-X-BYTERANGE:(\d+)@(\d+)$/.exec(line) ?? [];
    if (bytes && from) range = { bytes: Number(bytes), from: Number(from) };
    const uri = line.startsWith("#") ? attributesOf(line).URI : line.trim();
    if (!uri) continue;
    await download(new URL(uri, playlistUrl), range);
    range = undefined;
  }
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
  try {
    const segments: InspectedRendition["segments"] = [];
    const paths: string[] = [];
    let sink: Bun.FileSink | undefined;
    let init: InitTimes | undefined;
    for (const [index, line] of playlist.entries()) {
      const isInit = line.startsWith("#EXT-X-MAP:");
      const file = isInit ? attributesOf(line).URI : line.startsWith("#") ? "" : line;
      if (!file) continue;
      const bytes = await download(new URL(file, playlistUrl));
      if (isInit || !sink) {
        await sink?.end();
        paths.push(join(directory, `part-${paths.length}.mp4`));
        sink = Bun.file(paths.at(-1) ?? "").writer();
      }
      sink.write(bytes);
      await sink.flush();
      if (isInit) init = readInit(bytes);
      else if (init) {
        const durationSeconds = Number.parseFloat(playlist[index - 1]?.slice("#EXTINF:".length) ?? "");
        const times = readSegmentTimes(init, bytes);
        segments.push({ uri: file, durationSeconds, bytes: bytes.byteLength, times });
      }
    }
    await sink?.end();
    const parts: InspectedPart[] = [];
    for (const path of paths) parts.push(await inspectPart(path, kind));
    const listedSeconds = segments.reduce((sum, segment) => sum + segment.durationSeconds, 0);
    const ended = playlist.includes("#EXT-X-ENDLIST");
    return { uri, attributes, segments, ended, listedSeconds, ...joinParts(parts) };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The attribute list of a tag; quotes are taken off. */
export function attributesOf(line: string): Record<string, string> {
  const list = line.slice(line.indexOf(":") + 1);
  const pairs = [...list.matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value?.replaceAll('"', "")]));
}

async function download(url: URL, range?: { bytes: number; from: number }): Promise<Uint8Array> {
  const headers: Record<string, string> = range ? { range: `bytes=${range.from}-${range.from + range.bytes - 1}` } : {};
  const response = await fetch(url, { headers });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const bytes = await response.bytes();
  if (range && bytes.byteLength !== range.bytes)
    throw new Error(`${url} has fewer bytes than the range that is listed`);
  return bytes;
}

async function text(url: string | URL): Promise<string> {
  return new TextDecoder().decode(await download(new URL(url)));
}
