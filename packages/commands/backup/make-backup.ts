/**
 * Makes a backup of a storage while services run on it. A backup is a folder that is laid out as a storage is, with the date as
 * its name; it is written under a name that begins with a dot and renamed when it is whole, so that a killed run leaves the
 * former ones as they are.
 *
 * The order keeps rows and files together. Files that never change come first, so that those of the rows that are read next are
 * here even when a video is deleted meanwhile. Then the databases: uploads before videos, so that no upload is handed over to
 * a video that is not in the backup. Then what changes (playlists, marks, keys), and what rows name and the first walk did not see
 * yet. Where a file was gone by then, its row is gone from the storage as well, and the databases are read again.
 */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDatabaseBusy } from "@video-backend/database/busy";
import {
  databaseFiles,
  folders,
  layoutFile,
  originalKey,
  originalNameProblem,
  playbackKeysFile,
  serviceKeyFile,
  temporaryFilePattern,
} from "@video-backend/storage/layout";
import { z } from "zod";
import { removePidFile, writePidFile } from "../processes/pid-file.ts";
import { compareVideo, type Finding, strayFolders } from "./compare.ts";
import { filesBelow, isImmutable, namesIn, ownLike, statFile, syncFileSystem, takeFile } from "./files.ts";
import { checkStorageThere, openReadOnly, openRows } from "./rows.ts";

/** In each backup, written last. */
export const descriptionFile = "backup.json";
export const BackupDescription = z.object({
  created_at: z.string(),
  /** The storage that it was made of. */
  storage: z.string(),
  with_streams: z.boolean(),
  files: z.number(),
  bytes: z.number(),
  /** Uploads that were not complete, and are not in it. */
  open_uploads_left_out: z.number(),
});
export type BackupDescription = z.infer<typeof BackupDescription>;

export interface BackupOptions {
  storageDir: string;
  /** Holds all backups of the storage. */
  backupsDir: string;
  withStreams: boolean;
  now: () => Date;
  /** A line about how far it is. */
  show: (line: string) => void;
}

export interface MadeBackup {
  directory: string;
  description: BackupDescription;
  /** Names for files that are in the storage or in a former backup; they take no room. */
  sharedFiles: number;
  copiedFiles: number;
  copiedBytes: number;
  /** What was lost in the storage itself before. */
  lost: Finding[];
}

export const backupNamePattern = /^\d{8}T\d{6}Z(-\d+)?$/;
const unfinishedPattern = /^\.unfinished-/;
/** Each round sees only what was deleted during the one before, which is shorter than that one. */
const maxRounds = 5;

/** @throws Error with a sentence when it cannot be made, or is being made by another process; former backups are as they were */
export async function makeBackup(options: BackupOptions): Promise<MadeBackup> {
  checkStorageThere(options.storageDir);
  mkdirSync(options.backupsDir, { recursive: true });
  const pidFile = join(options.backupsDir, ".running.pid");
  writePidFile(pidFile);
  try {
    return await fillBackup(options);
  } finally {
    removePidFile(pidFile);
  }
}

async function fillBackup(options: BackupOptions): Promise<MadeBackup> {
  const { storageDir, backupsDir, withStreams, now, show } = options;
  const createdAt = now();
  const name = freeName(backupsDir, createdAt);
  const working = join(backupsDir, `.unfinished-${name}`);
  // What a killed run has copied is not copied again.
  const unfinished = [...namesIn(backupsDir)].map((entry) => entry.name).filter((one) => unfinishedPattern.test(one));
  const former = [...unfinished, ...backupNames(backupsDir).slice(-1)].map((one) => join(backupsDir, one));
  // It holds keys.
  mkdirSync(working, { mode: 0o700 });
  const taking = createTaking(options, working, former);

  const videosWithoutOriginal = withStreams ? null : (key: string) => !hasOriginal(storageDir, key.split("/")[1] ?? "");
  const isWanted = (key: string) => !temporaryFilePattern.test(basename(key)) && (videosWithoutOriginal?.(key) ?? true);
  for (const key of filesBelow(storageDir, folders.originals)) {
    if (!temporaryFilePattern.test(basename(key))) await taking.take(key);
  }
  for (const key of filesBelow(storageDir, folders.streams))
    if (isImmutable(key) && isWanted(key)) await taking.take(key);

  let openUploads = 0;
  let lost: Finding[] = [];
  for (let round = 1; round <= maxRounds; round++) {
    show("reading the databases");
    openUploads = await copyDatabases(options, working);
    for (const key of filesBelow(storageDir, folders.streams))
      if (!isImmutable(key) && isWanted(key)) await taking.take(key);
    for (const folder of [folders.thumbnails, folders.privateMarks])
      for (const key of filesBelow(storageDir, folder)) await taking.take(key);
    for (const key of [layoutFile, playbackKeysFile, serviceKeyFile]) await taking.take(key);
    lost = await matchRows(options, working, taking);
    if (!isGoneMeanwhile(storageDir, lost)) break;
  }

  const { files, bytes } = measure(working);
  const description: BackupDescription = {
    created_at: createdAt.toISOString(),
    storage: storageDir,
    with_streams: withStreams,
    files,
    bytes,
    open_uploads_left_out: openUploads,
  };
  await writeFile(join(working, descriptionFile), `${JSON.stringify(description, null, 2)}\n`);
  show("writing to the disk");
  await syncFileSystem(working);
  const directory = join(backupsDir, name);
  renameSync(working, directory);
  await syncFileSystem(backupsDir);
  for (const one of unfinished) rmSync(join(backupsDir, one), { recursive: true, force: true });
  return { directory, description, lost, ...taking.counts };
}

/** Names of complete backups, oldest first. */
export function backupNames(backupsDir: string): string[] {
  const names = [...namesIn(backupsDir)].map(({ name }) => name).filter((name) => backupNamePattern.test(name));
  return names.filter((name) => existsSync(join(backupsDir, name, descriptionFile))).sort();
}

/** @throws Error when it is no backup */
export async function readDescription(backup: string): Promise<BackupDescription> {
  try {
    return BackupDescription.parse(JSON.parse(await readFile(join(backup, descriptionFile), "utf8")));
  } catch (cause) {
    throw new Error(`${backup} is no backup: it has no ${descriptionFile} that can be read`, { cause });
  }
}

/** @example "20261128T090221Z" */
function freeName(backupsDir: string, date: Date): string {
  const name = date.toISOString().replace(/[-:]|\.\d+/g, "");
  let free = name;
  for (let number = 2; existsSync(join(backupsDir, free)); number++) free = `${name}-${number}`;
  return free;
}

interface Taking {
  take(key: string): Promise<boolean>;
  counts: Pick<MadeBackup, "sharedFiles" | "copiedFiles" | "copiedBytes">;
}

function createTaking({ storageDir, show }: BackupOptions, working: string, former: string[]): Taking {
  const counts = { sharedFiles: 0, copiedFiles: 0, copiedBytes: 0 };
  return {
    counts,
    async take(key) {
      const places = former.map((directory) => join(directory, key));
      const from = join(storageDir, key);
      const to = join(working, key);
      const before = existsSync(to);
      const { how, bytes } = await takeFile(key, from, to, places);
      if (how === "copied") {
        counts.copiedFiles++;
        counts.copiedBytes += bytes;
      } else if (how !== "gone" && !before) counts.sharedFiles++;
      show(
        `${counts.sharedFiles + counts.copiedFiles} files, ${counts.copiedFiles} of them copied (${megabytes(counts.copiedBytes)})`,
      );
      return how !== "gone";
    },
  };
}

export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

function hasOriginal(storageDir: string, videoId: string): boolean {
  return !namesIn(join(storageDir, folders.originals, videoId)).next().done;
}

/** Answers how many open uploads were left out: their senders have the bytes, and the sources change while they are read. */
async function copyDatabases(options: BackupOptions, working: string): Promise<number> {
  const { storageDir, withStreams } = options;
  for (const file of [databaseFiles.upload, databaseFiles.transcoding, databaseFiles.metadata]) {
    const to = join(working, file);
    rmSync(to, { force: true });
    await vacuumInto(join(storageDir, file), to, options.show);
  }
  let left = 0;
  const uploads = join(working, databaseFiles.upload);
  if (existsSync(uploads)) {
    left = edit(
      uploads,
      (database) => database.run("DELETE FROM uploads WHERE state IN ('receiving', 'completing')").changes,
    );
  }
  const jobs = join(working, databaseFiles.transcoding);
  if (!withStreams && existsSync(jobs)) edit(jobs, (database) => forgetStreams(database, storageDir));
  return left;
}

function edit<Value>(path: string, change: (database: Database) => Value): Value {
  const database = new Database(path);
  try {
    database.run("PRAGMA foreign_keys = ON");
    return database.transaction(change)(database);
  } finally {
    database.close();
  }
}

/** Jobs whose streams are not in the backup begin anew from their plans. Those of a lost original are in it. */
function forgetStreams(database: Database, storageDir: string): void {
  const remove = ["segments", "subtitles", "steps"].map((table) =>
    database.query(`DELETE FROM ${table} WHERE video_id = ?`),
  );
  const requeue = database.query(
    "UPDATE jobs SET state = 'queued', error = NULL, fault = NULL, finished_at = NULL, unreported = unreported + 1 " +
      "WHERE video_id = ? AND state IN ('ok', 'running')",
  );
  const page = database.query<{ video_id: string; filename: string }, [string]>(
    "SELECT video_id, filename FROM jobs WHERE video_id > ? ORDER BY video_id LIMIT 500",
  );
  for (let jobs = page.all(""); jobs.length > 0; jobs = page.all(jobs.at(-1)?.video_id ?? "")) {
    for (const { video_id, filename } of jobs) {
      if (originalNameProblem(filename) !== null || !existsSync(join(storageDir, originalKey(video_id, filename))))
        continue;
      for (const statement of remove) statement.run(video_id);
      requeue.run(video_id);
    }
  }
}

/** One state of a database, as of the moment it begins. Writers go on meanwhile. */
async function vacuumInto(from: string, to: string, show: (line: string) => void): Promise<void> {
  const database = openReadOnly(from);
  if (!database) return;
  try {
    for (;;) {
      try {
        database.run("VACUUM INTO ?", [to]);
        break;
      } catch (error) {
        if (!isDatabaseBusy(error)) throw error;
        show(`waiting for ${from}: another program holds it`);
        rmSync(to, { force: true });
        await pause(1000);
      }
    }
  } finally {
    database.close();
  }
  await chmod(to, 0o600);
  const model = statFile(from);
  if (model) ownLike(to, model);
}

/** Takes what rows name and is not here yet, removes what they do not name, and answers what does not fit all the same. */
async function matchRows({ show }: BackupOptions, working: string, taking: Taking): Promise<Finding[]> {
  using rows = openRows(working);
  const lost: Finding[] = [];
  let videos = 0;
  for (const id of rows.ids()) {
    show(`comparing rows with files: ${++videos} videos`);
    const { findings } = compareVideo(rows, working, id, atRest);
    for (const { kind, key } of findings) {
      if (kind === "stray") rmSync(join(working, key), { force: true });
      else await taking.take(key);
    }
    if (findings.length > 0) lost.push(...compareVideo(rows, working, id, atRest).findings);
  }
  for (const { key } of strayFolders(rows, working, atRest))
    rmSync(join(working, key), { recursive: true, force: true });
  return lost;
}

const atRest = { isAtRest: true } as const;

/** Whether the storage does not miss it either: then its row is gone or another, and the databases here are older than that. */
function isGoneMeanwhile(storageDir: string, lost: Finding[]): boolean {
  using rows = openRows(storageDir);
  return lost.some(
    ({ videoId, key }) => !compareVideo(rows, storageDir, videoId).findings.some((one) => one.key === key),
  );
}

function measure(directory: string): { files: number; bytes: number } {
  let [files, bytes] = [0, 0];
  for (const key of filesBelow(directory, "")) {
    files++;
    bytes += statFile(join(directory, key))?.size ?? 0;
  }
  return { files, bytes };
}
