/**
 * The folders of the systems that this one replaces. One program: `videos.db` and `videos/{hash}/` with all that a video has. Five
 * services: `videos.db`, `originals/{hash}/` and `hls/{hash}/`. Whoever moved from one to the other has a mixture, so each file is
 * looked for in all of these. Nothing in them is changed.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRenditionName, isVideoId } from "@video-backend/storage/layout";
import { namesIn, statFile } from "../backup/files.ts";
import { openReadOnly } from "../backup/rows.ts";

export interface OldVideo {
  hash: string;
  filename: string;
  thumbnail_filename: string | null;
  original_resolution: string | null;
  original_quality_label: string | null;
  stopped: number;
  /** Some have these. */
  title?: string | null;
  description?: string | null;
}

export interface OldStorage extends Disposable {
  /** In the order in which they were made. */
  videos(): Generator<OldVideo>;
  /** A file of a video, by its name or one that looks the same; null where it is lost. */
  find(hash: string, name: string): string | null;
  /** The folder with the master playlist; null where there is none. */
  streams(hash: string): string | null;
  /** Files in the folders of a video that are none of its. */
  strays(video: OldVideo): Generator<string>;
  /** Folders and files of which no row knows. */
  withoutRow(): Generator<string>;
}

const databaseName = "videos.db";
const masterName = "master.m3u8";
const parents = ["videos", "originals", "hls"];
const known = new Set([masterName, "thumbnail.jpg", ".transcode_status.json"]);

/** @throws Error with a sentence where this is no such storage */
export function openOldStorage(given: string): OldStorage {
  const root = [given, join(given, "shared_storage")].find((one) => existsSync(join(one, databaseName)));
  const database = root && openReadOnly(join(root, databaseName));
  if (!root || !database) throw new Error(`There is no ${databaseName} in ${given}`);
  const tables = database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const names = new Set(tables.map(({ name }) => name));
  if (!names.has("videos") || names.has("deletions")) {
    database.close();
    throw new Error(`${join(root, databaseName)} is not of an older system; bun run restore brings back a backup`);
  }
  const page = database.query<OldVideo & { row: number }, [number]>(
    "SELECT rowid AS row, * FROM videos WHERE rowid > ? ORDER BY rowid LIMIT 200",
  );
  const hasRow = database.query<{ hash: string }, [string]>("SELECT hash FROM videos WHERE hash = ?");
  const foldersOf = (hash: string) => (isVideoId(hash) ? parents.map((parent) => join(root, parent, hash)) : []);

  return {
    *videos() {
      for (let rows = page.all(0); rows.length > 0; rows = page.all(rows.at(-1)?.row ?? 0)) yield* rows;
    },
    find(hash, name) {
      if (/[/\0]/.test(name) || name === "." || name === "..") return null;
      for (const folder of foldersOf(hash)) {
        if (statFile(join(folder, name))) return join(folder, name);
        // A disk or a program in between may have composed the characters in another way.
        for (const entry of namesIn(folder)) {
          if (entry.isFile() && entry.name.normalize("NFC") === name.normalize("NFC")) return join(folder, entry.name);
        }
      }
      return null;
    },
    streams: (hash) => foldersOf(hash).find((folder) => statFile(join(folder, masterName)) !== null) ?? null,
    *strays({ hash, filename, thumbnail_filename }) {
      for (const folder of foldersOf(hash)) {
        for (const entry of namesIn(folder)) {
          const isNamed = [filename, thumbnail_filename].some(
            (name) => name?.normalize("NFC") === entry.name.normalize("NFC"),
          );
          const isOfStreams = entry.isDirectory() && isRenditionName(entry.name);
          if (!isNamed && !isOfStreams && !known.has(entry.name)) yield join(folder, entry.name);
        }
      }
    },
    *withoutRow() {
      for (const parent of parents) {
        for (const { name } of namesIn(join(root, parent))) if (!hasRow.get(name)) yield join(root, parent, name);
      }
    },
    [Symbol.dispose]: () => database.close(),
  };
}
