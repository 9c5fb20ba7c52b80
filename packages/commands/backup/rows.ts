/**
 * What the three databases of a storage say of each video, read without the services: of the storage of a running system, or of
 * a backup. It is read a page and a video at a time, so that neither memory nor the write-ahead log of a running service grows
 * with the number of videos. Columns that an older database does not have are undefined, and count as unknown.
 */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { databaseFiles } from "@video-backend/storage/layout";

/** All that is known of an id, without its segments. */
export interface KnownRows {
  video: VideoRow | null;
  /** When metadata deleted it, epoch seconds. */
  deletedAt: number | null;
  upload: UploadRow | null;
  job: JobRow | null;
}

export interface VideoRow {
  filename: string;
  thumbnail_filename: string | null;
  visibility?: string;
  sha256?: string | null;
}

export interface UploadRow {
  filename: string;
  stored_name: string | null;
  state: string;
  received_bytes: number;
  source_size_bytes: number | null;
  sha256?: string | null;
}

export interface JobRow {
  filename: string;
  state: string;
  has_plan: number;
}

export interface SegmentRow {
  rendition: string;
  position: number;
  bytes: number;
  init: string;
}

export interface Rows extends Disposable {
  /** Every id that a table has, each once, in order. */
  ids(): Generator<string>;
  find(id: string): KnownRows;
  /** By rendition and position. */
  segments(id: string): Generator<SegmentRow>;
  hasSegment(id: string, rendition: string, position: number): boolean;
  /** Folders of the subtitle tracks that are played. */
  subtitles(id: string): string[];
  /** File names of the chunks of an open upload that wait beside its source. */
  spools(id: string): string[];
}

/** How long a reader waits for a program that holds a database for itself alone. Writers do not hold up a reader. */
const busyMilliseconds = 60_000;
const pageSize = 500;

/** Null where there is no such database: its service has never run. */
export function openReadOnly(path: string): Database | null {
  if (!existsSync(path)) return null;
  const database = new Database(path, { readonly: true });
  database.run(`PRAGMA busy_timeout = ${busyMilliseconds}`);
  return database;
}

/** @throws Error where there is nothing that a service has ever written: a mistaken path must not look like a whole storage */
export function checkStorageThere(directory: string): void {
  const names = Object.values(databaseFiles);
  if (names.some((name) => existsSync(join(directory, name)))) return;
  throw new Error(`There is no storage in ${directory}: none of ${names.join(", ")}`);
}

/** @param directory a storage, or a backup of one */
export function openRows(directory: string): Rows {
  const open = (file: string) => openReadOnly(join(directory, file));
  const metadata = open(databaseFiles.metadata);
  const transcoding = open(databaseFiles.transcoding);
  const upload = open(databaseFiles.upload);
  const pages = [
    metadata?.query<{ id: string }, [string]>(
      `SELECT hash AS id FROM videos WHERE hash > ? ORDER BY hash LIMIT ${pageSize}`,
    ),
    transcoding?.query<{ id: string }, [string]>(
      `SELECT video_id AS id FROM jobs WHERE video_id > ? ORDER BY video_id LIMIT ${pageSize}`,
    ),
    upload?.query<{ id: string }, [string]>(`SELECT id FROM uploads WHERE id > ? ORDER BY id LIMIT ${pageSize}`),
  ].filter((page) => page !== undefined);
  const video = metadata?.query<VideoRow, [string]>("SELECT * FROM videos WHERE hash = ?");
  const deletion = metadata?.query<{ deleted_at: number }, [string]>("SELECT deleted_at FROM deletions WHERE hash = ?");
  const job = transcoding?.query<JobRow, [string]>(
    "SELECT filename, state, plan IS NOT NULL AS has_plan FROM jobs WHERE video_id = ?",
  );
  const segmentColumns = "SELECT rendition, position, bytes, init FROM segments WHERE video_id = ?";
  const segmentPage = transcoding?.query<SegmentRow, [string, string, number]>(
    `${segmentColumns} AND (rendition, position) > (?, ?) ORDER BY rendition, position LIMIT ${pageSize}`,
  );
  const segment = transcoding?.query<SegmentRow, [string, string, number]>(
    `${segmentColumns} AND rendition = ? AND position = ?`,
  );
  const subtitles = transcoding?.query<{ folder: string }, [string]>(
    "SELECT folder FROM subtitles WHERE video_id = ? AND reason IS NULL ORDER BY folder",
  );
  const uploadRow = upload?.query<UploadRow, [string]>("SELECT * FROM uploads WHERE id = ?");
  const spools = upload?.query<{ spool: string }, [string]>(
    "SELECT spool FROM chunks WHERE upload_id = ? AND spool IS NOT NULL",
  );

  return {
    *ids() {
      for (let last = ""; ; ) {
        const found = pages.flatMap((page) => page.all(last).map(({ id }) => id));
        // What comes after the first page that is full may lack ids of that one.
        const next = [...new Set(found)].sort(byBytes).slice(0, pageSize);
        if (next.length === 0) return;
        yield* next;
        last = next.at(-1) ?? "";
      }
    },
    find(id) {
      return {
        video: video?.get(id) ?? null,
        deletedAt: deletion?.get(id)?.deleted_at ?? null,
        upload: uploadRow?.get(id) ?? null,
        job: job?.get(id) ?? null,
      };
    },
    *segments(id) {
      for (let [rendition, position] = ["", -1]; ; ) {
        const page = segmentPage?.all(id, rendition, position) ?? [];
        yield* page;
        const last = page.at(-1);
        if (!last || page.length < pageSize) return;
        [rendition, position] = [last.rendition, last.position];
      }
    },
    hasSegment: (id, rendition, position) => (segment?.get(id, rendition, position) ?? null) !== null,
    subtitles: (id) => (subtitles?.all(id) ?? []).map(({ folder }) => folder),
    spools: (id) => (spools?.all(id) ?? []).map(({ spool }) => spool),
    [Symbol.dispose]() {
      for (const database of [metadata, transcoding, upload]) database?.close();
    },
  };
}

/** As SQLite orders text; ids are ASCII. */
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
