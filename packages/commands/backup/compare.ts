/**
 * Compares what the databases of a storage say with its files, one video at a time. It only looks, so it may be used on the
 * storage of a running system, where files come before their rows and go after them: whoever reports a finding of such a one
 * looks at the video again first (`check-storage.ts`).
 */
import { join } from "node:path";
import {
  finishedKey,
  folders,
  isVideoId,
  masterFile,
  originalNameProblem,
  originalsKey,
  parseStreamPath,
  playlistPath,
  posterFile,
  privateMarkKey,
  renditionKey,
  segmentFile,
  sourceFile,
  streamKey,
  streamsKey,
  subtitlePath,
  subtitlePlaylistPath,
  temporaryFilePattern,
  thumbnailKindOf,
  thumbnailsKey,
} from "@video-backend/storage/layout";
import { filesBelow, namesIn, statFile } from "./files.ts";
import type { KnownRows, Rows, UploadRow } from "./rows.ts";

export interface Finding {
  /** `lost`: a row without its file. `stray`: a file without a row. `different`: another size or hash than the row says. */
  kind: "lost" | "stray" | "different";
  /** Of the file. */
  key: string;
  videoId: string;
  why: string;
  /** Transcoding makes it again where the original is there. */
  canBeMade: boolean;
}

/** The original of a video that is there, for whoever compares its content. */
export interface Original {
  key: string;
  bytes: number;
  /** Null where nobody knows it. */
  sha256: string | null;
}

export interface Compared {
  findings: Finding[];
  /** Of this video that rows name and that are there. */
  files: number;
  originals: Original[];
}

/** In the storage of a running system a file without its row is of work in progress until it is so old. */
const settledSeconds = 60;

export interface CompareOptions {
  /** Nobody writes in this storage: every file that is there now counts. */
  isAtRest?: boolean;
}
const openStates = ["receiving", "completing"];
const storedStates = ["stored", "registered"];

/** What is wrong with one video, and how many of its files are right. Hashes are not read. */
export function compareVideo(
  rows: Rows,
  directory: string,
  videoId: string,
  { isAtRest = false }: CompareOptions = {},
): Compared {
  const known = rows.find(videoId);
  const compared: Compared = { findings: [], files: 0, originals: [] };
  // What is left of it the services remove, whichever was down.
  if (known.deletedAt !== null && !known.video) return compared;
  if (!isVideoId(videoId)) {
    compared.findings.push({
      kind: "lost",
      key: videoId,
      videoId,
      why: "A row has an id that no file can have",
      canBeMade: false,
    });
    return compared;
  }
  const look = createLook(directory, videoId, compared, isAtRest);
  compareOriginals(known, directory, videoId, look, compared);
  compareUpload(known, rows, videoId, look);
  compareStreams(known, rows, directory, videoId, look);
  const { video } = known;
  if (video?.visibility === "private") look.expect(privateMarkKey(videoId), "The mark of a private video");
  else if (video) look.stray(privateMarkKey(videoId), "The mark of a video that is not private");
  const thumbnail = video?.thumbnail_filename;
  if (thumbnail && thumbnailKindOf(thumbnail)) look.expect(`${thumbnailsKey(videoId)}/${thumbnail}`, "The thumbnail");
  else if (thumbnail === posterFile) look.expect(streamKey(videoId, posterFile), "The poster", { canBeMade: true });
  return compared;
}

interface Look {
  /** A file that has to be there, of this size where it is known. */
  expect(key: string, what: string, options?: { bytes?: number | null; canBeMade?: boolean }): boolean;
  /** A file that should not be there; one of a moment ago may get its row yet. */
  stray(key: string, why: string): void;
}

function createLook(directory: string, videoId: string, compared: Compared, isAtRest: boolean): Look {
  return {
    expect(key, what, { bytes = null, canBeMade = false } = {}) {
      const found = statFile(join(directory, key));
      if (!found) {
        compared.findings.push({ kind: "lost", key, videoId, why: `${what} is not there`, canBeMade });
        return false;
      }
      if (bytes !== null && found.size !== bytes) {
        const why = `${what} has ${found.size} bytes, and its row says ${bytes}`;
        compared.findings.push({ kind: "different", key, videoId, why, canBeMade });
        return false;
      }
      compared.files++;
      return true;
    },
    stray(key, why) {
      const found = statFile(join(directory, key));
      if (!found || !(isAtRest || isOld(found.ctimeMs))) return;
      compared.findings.push({ kind: "stray", key, videoId, why, canBeMade: false });
    },
  };
}

const storedNameOf = ({ stored_name, filename }: UploadRow): string => stored_name ?? filename;

/** One of the names that the rows have has to be there: metadata's can be changed, and a long one is shortened for the disk. */
function compareOriginals(
  { video, upload, job }: KnownRows,
  directory: string,
  videoId: string,
  look: Look,
  compared: Compared,
) {
  const folder = originalsKey(videoId);
  const stored = upload && !openStates.includes(upload.state) ? storedNameOf(upload) : null;
  const names = new Set(
    [stored, job?.filename, video?.filename].filter(
      (name) => typeof name === "string" && originalNameProblem(name) === null,
    ),
  );
  const there = new Set([...namesIn(join(directory, folder))].map(({ name }) => name));
  const isExpected = video !== null || job !== null || storedStates.includes(upload?.state ?? "");
  const found = [...names].filter((name) => name !== undefined && name !== null && there.has(name));
  if (isExpected && found.length === 0) look.expect(`${folder}/${[...names][0] ?? ""}`, "The original");
  for (const name of found) {
    const key = `${folder}/${name}`;
    const row = name === stored ? upload : null;
    if (!look.expect(key, "The original", { bytes: row?.source_size_bytes ?? null })) continue;
    const sha256 = video?.sha256 ?? row?.sha256 ?? null;
    compared.originals.push({ key, bytes: statFile(join(directory, key))?.size ?? 0, sha256 });
  }
  for (const name of there) if (!names.has(name)) look.stray(`${folder}/${name}`, "No row names this original");
}

function compareUpload({ upload }: KnownRows, rows: Rows, videoId: string, look: Look) {
  if (upload?.state !== "receiving") return;
  const folder = `${folders.uploads}/${videoId}`;
  const spools = rows.spools(videoId);
  for (const name of spools) look.expect(`${folder}/${name}`, "A chunk of an open upload");
  if (upload.received_bytes > 0 && spools.length === 0)
    look.expect(`${folder}/${sourceFile}`, "The source of an open upload");
}

function compareStreams({ job, video }: KnownRows, rows: Rows, directory: string, videoId: string, look: Look) {
  const inits = new Map<string, Set<string>>();
  for (const { rendition, position, bytes, init } of rows.segments(videoId)) {
    if (bytes === 0) continue;
    const key = `${renditionKey(videoId, rendition)}/${segmentFile(position)}`;
    look.expect(key, "A segment", { bytes, canBeMade: true });
    inits.set(rendition, (inits.get(rendition) ?? new Set()).add(init));
  }
  for (const [rendition, names] of inits) {
    for (const name of names)
      look.expect(`${renditionKey(videoId, rendition)}/${name}`, "An init segment", { canBeMade: true });
    look.expect(streamKey(videoId, playlistPath(rendition)), "A playlist", { canBeMade: true });
  }
  if (inits.size > 0) look.expect(streamKey(videoId, masterFile), "The master playlist", { canBeMade: true });
  if (job?.state === "ok") look.expect(finishedKey(videoId), "The mark of a finished video", { canBeMade: true });
  for (const folder of rows.subtitles(videoId)) {
    for (const path of [subtitlePath(folder), subtitlePlaylistPath(folder)])
      look.expect(streamKey(videoId, path), "A subtitle track", { canBeMade: true });
  }
  if (job || video) strayStreams(rows, directory, videoId, job !== null, look);
}

function strayStreams(rows: Rows, directory: string, videoId: string, hasJob: boolean, look: Look) {
  for (const key of filesBelow(directory, streamsKey(videoId))) {
    const path = key.slice(streamsKey(videoId).length + 1);
    const parsed = parseStreamPath(path);
    if (parsed?.kind === "segment") {
      if (!rows.hasSegment(videoId, parsed.rendition, parsed.index)) look.stray(key, "No row has this segment");
    } else if (!parsed) {
      look.stray(
        key,
        temporaryFilePattern.test(path.slice(path.lastIndexOf("/") + 1))
          ? "What a killed process left"
          : "No file of a stream",
      );
    } else if (!hasJob && parsed.kind === "init") look.stray(key, "No job has this video");
  }
}

/** Folders and files of which no row knows anything, in the folders that have one for each video. */
export function* strayFolders(
  rows: Rows,
  directory: string,
  { isAtRest = false }: CompareOptions = {},
): Generator<Finding> {
  const whole = [folders.originals, folders.streams, folders.thumbnails, folders.privateMarks, folders.uploads];
  for (const folder of whole) {
    for (const { name } of namesIn(join(directory, folder))) {
      const key = `${folder}/${name}`;
      if (name.startsWith(".") && folder === folders.uploads) continue;
      const { video, upload, job, deletedAt } = rows.find(name);
      const isKnown = folder === folders.uploads ? openStates.includes(upload?.state ?? "") : video || upload || job;
      // What is left of a deleted one the services remove.
      if (isKnown || (deletedAt !== null && !isAtRest)) continue;
      if (!isAtRest && !isSettled(directory, key)) continue;
      yield { kind: "stray", key, videoId: name, why: "No row has this id", canBeMade: false };
    }
  }
}

/** Whether nothing below it was changed a moment ago. */
function isSettled(directory: string, key: string): boolean {
  const file = statFile(join(directory, key));
  if (file) return isOld(file.ctimeMs);
  for (const below of filesBelow(directory, key))
    if (!isOld(statFile(join(directory, below))?.ctimeMs ?? 0)) return false;
  return true;
}

/** A link, a rename and a write all set this time. */
const isOld = (changedAtMs: number): boolean => Date.now() - changedAtMs >= settledSeconds * 1000;
