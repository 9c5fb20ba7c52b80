/**
 * Brings the videos of an older system into this one. Files are placed in the storage, since hard links cost nothing and no upload
 * is needed; rows are made by the services that own them, so that all of their rules hold while they run. Each step looks at what is
 * there first, so that a run after another one, whole or killed, does only what is left.
 */
import { createHash } from "node:crypto";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { lookUpVideo, type MetadataClient, type Video } from "@video-backend/metadata/client";
import { isServiceError, messageOf } from "@video-backend/service";
import {
  earlierPlaylistFile,
  isEarlierSegment,
  isRenditionName,
  isVideoId,
  masterFile,
  originalKey,
  originalNameProblem,
  playlistFile,
  streamKey,
  temporaryFile,
} from "@video-backend/storage/layout";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import { parseResponse } from "hono/client";
import { hasCode, sha256Of, statFile, takeFile } from "../backup/files.ts";
import type { OldStorage, OldVideo } from "./old-storage.ts";

export interface ImportOptions {
  old: OldStorage;
  storageDir: string;
  metadata: MetadataClient;
  transcoding: TranscodingClient;
  /** Takes a thumbnail: `POST /thumbnail/{hash}` of admin. */
  saveThumbnail: (hash: string, file: File) => Promise<void>;
  isDryRun: boolean;
  show: (line: string) => void;
  say: (line: string) => void;
}

export interface Imported {
  videos: number;
  imported: number;
  unchanged: number;
  /** Rows that could not be imported, or without all of their files. */
  incomplete: number;
  withoutRow: number;
}

export async function importStorage(options: ImportOptions): Promise<Imported> {
  const { old, show, say } = options;
  const counts: Imported = { videos: 0, imported: 0, unchanged: 0, incomplete: 0, withoutRow: 0 };
  for (const video of old.videos()) {
    show(`${++counts.videos} videos, now ${video.filename}`);
    const problems: string[] = [];
    try {
      if (await importVideo(options, video, problems)) counts.imported++;
      else counts.unchanged++;
    } catch (error) {
      problems.push(messageOf(error));
    }
    for (const problem of problems) say(`${video.hash} (${video.filename}): ${problem}`);
    if (problems.length > 0) counts.incomplete++;
    for (const path of old.strays(video)) {
      counts.withoutRow++;
      say(`no row names ${path}; it stays where it is`);
    }
  }
  for (const path of old.withoutRow()) {
    counts.withoutRow++;
    say(`no row has ${path}; it stays where it is`);
  }
  return counts;
}

/** Answers whether anything was, or would be, changed. */
async function importVideo(options: ImportOptions, old: OldVideo, problems: string[]): Promise<boolean> {
  const { storageDir, metadata, transcoding, isDryRun } = options;
  const { hash } = old;
  if (!isVideoId(hash)) throw new Error("not imported: its id cannot be one here, and ids stay");
  const known = await lookUpVideo(metadata, hash);
  if (known.kind === "deleted") throw new Error("not imported: it was imported and then deleted here");
  const filename = known.kind === "known" ? known.video.filename : nameHere(old.filename);
  const source = options.old.find(hash, old.filename);
  const original = join(storageDir, originalKey(hash, filename));
  if (!source) problems.push("its source is lost; what is left of it is imported");
  const isPlaced = !source || statFile(original)?.size === statFile(source)?.size;
  const hasJob = await hasTranscode(transcoding, hash);
  const isStopped = known.kind === "known" ? known.video.stopped === 1 : old.stopped !== 0;
  const isToBeStarted = source !== null && !hasJob && !isStopped;
  const streams = hasJob || statFile(join(storageDir, streamKey(hash, masterFile))) ? null : options.old.streams(hash);
  const thumbnail = findThumbnail(options.old, old);
  const isThumbnailWanted = thumbnail !== null && (known.kind !== "known" || known.video.thumbnail_filename === null);
  const isChanged = known.kind !== "known" || !isPlaced || isToBeStarted || streams !== null || isThumbnailWanted;
  if (isDryRun || !isChanged) return isChanged;

  // An original that nobody knows is never removed; streams that nobody knows are, so they come after the row.
  if (source && !isPlaced) await takeFile(originalKey(hash, filename), source, original);
  if (known.kind !== "known") await register(options, old, filename, source === null ? null : original);
  if (streams) await placeStreams(storageDir, streams, hash, problems);
  if (thumbnail && isThumbnailWanted) await giveThumbnail(options, hash, thumbnail, problems);
  if (isToBeStarted) await parseResponse(transcoding.transcode.start.$post({ json: { upload_id: hash, filename } }));
  return true;
}

async function hasTranscode(transcoding: TranscodingClient, hash: string): Promise<boolean> {
  try {
    await parseResponse(transcoding.transcode.status[":upload_id"].$get({ param: { upload_id: hash } }));
    return true;
  } catch (error) {
    if (isServiceError(error, "not_found")) return false;
    throw error;
  }
}

const maxStoredBytes = 200;

/** A name that cannot be a file's here is changed for the disk, and kept as the title. */
export function nameHere(filename: string): string {
  if (originalNameProblem(filename) === null && Buffer.byteLength(filename) <= maxStoredBytes) return filename;
  const ending = extname(filename)
    .replace(/[^.\w]/g, "")
    .slice(0, 10);
  const hash = createHash("sha256").update(filename).digest("hex").slice(0, 8);
  const plain = filename
    .toWellFormed()
    .replace(/[/\\\p{Cc}]/gu, "_")
    .replace(/^[._]+/, "");
  const head = Buffer.from(plain)
    .subarray(0, 150)
    .toString()
    .replace(/\ufffd+$/, "");
  return `${head === "" ? "video" : head}-${hash}${ending}`;
}

async function register({ metadata }: ImportOptions, old: OldVideo, filename: string, original: string | null) {
  const { hash } = old;
  const title = old.title ?? (filename === old.filename ? null : old.filename.slice(0, 500));
  const description = old.description ?? null;
  await parseResponse(metadata.videos.$post({ json: { hash, filename, title, description } }));
  const video = metadata.videos[":hash"];
  if (old.stopped !== 0) await parseResponse(video.stop.$put({ param: { hash } }));
  const sha256 = original && (await sha256Of(original));
  const { original_resolution: resolution, original_quality_label: label } = old;
  const json: Partial<Pick<Video, "sha256" | "original_resolution" | "original_quality_label">> = {
    ...(sha256 && { sha256 }),
    ...(resolution && /^\d+x\d+$/.test(resolution) && { original_resolution: resolution }),
    ...(label && { original_quality_label: label.slice(0, 20) }),
  };
  if (Object.keys(json).length > 0) await parseResponse(video.$put({ param: { hash }, json }));
}

function findThumbnail(old: OldStorage, { hash, thumbnail_filename }: OldVideo): string | null {
  return (thumbnail_filename && old.find(hash, thumbnail_filename)) || old.find(hash, "thumbnail.jpg");
}

async function giveThumbnail({ saveThumbnail }: ImportOptions, hash: string, path: string, problems: string[]) {
  try {
    await saveThumbnail(hash, new File([await readFile(path)], "thumbnail"));
  } catch (error) {
    if (!isServiceError(error)) throw error;
    problems.push(`its thumbnail was not taken: ${error.message}`);
  }
}

/**
 * Streams that play until ours are made. Each variant has a playlist of a name that ours do not have, and the master names that one:
 * who began to watch before ours were published may change the quality afterwards. Where ours are there first, they stay.
 */
async function placeStreams(storageDir: string, from: string, hash: string, problems: string[]): Promise<void> {
  const lines = (await readFile(join(from, masterFile), "utf8")).split(/\r?\n/);
  const master: string[] = [];
  let tags: string[] = [];
  let variants = 0;
  for (const line of lines) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) tags.push(line);
    else if (line === "" || line.startsWith("#")) master.push(line);
    else {
      const rendition = /^(?:\.\/)?([^/]+)\/playlist\.m3u8$/.exec(line.trim())?.[1] ?? "";
      if (isRenditionName(rendition) && (await placeVariant(storageDir, from, hash, rendition))) {
        master.push(...tags, `${rendition}/${earlierPlaylistFile}`);
        variants++;
      } else problems.push(`its old stream ${line.trim()} is not whole, and is left out`);
      tags = [];
    }
  }
  if (variants === 0) return;
  // It also says that there is something to remove one day.
  for (const name of [earlierPlaylistFile, masterFile])
    putIfAbsent(join(storageDir, streamKey(hash, name)), master.join("\n"));
}

/** False where a segment is lost, or is none of a name that the older systems gave. */
async function placeVariant(storageDir: string, from: string, hash: string, rendition: string): Promise<boolean> {
  const playlist = await readFile(join(from, rendition, playlistFile), "utf8").catch(() => "");
  const segments = playlist.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  const isWhole = segments.every((name) => isEarlierSegment(name) && statFile(join(from, rendition, name)));
  if (segments.length === 0 || !isWhole) return false;
  for (const name of segments) {
    const key = streamKey(hash, `${rendition}/${name}`);
    await takeFile(key, join(from, rendition, name), join(storageDir, key));
  }
  for (const name of [earlierPlaylistFile, playlistFile])
    putIfAbsent(join(storageDir, streamKey(hash, `${rendition}/${name}`)), playlist);
  return true;
}

/** Whole or not at all, and never over what transcoding has written meanwhile. */
function putIfAbsent(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), temporaryFile(crypto.randomUUID()));
  try {
    writeFileSync(temporary, content);
    linkSync(temporary, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
