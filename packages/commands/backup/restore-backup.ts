/**
 * Brings a backup into an empty storage. Until all of it is there, `layout.json` says so, and no service starts on it; the same
 * command goes on where a killed one was interrupted.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { layoutFile, layoutVersion, temporaryFilePattern } from "@video-backend/storage/layout";
import { checkLayout, restoringIn } from "@video-backend/storage/layout-version";
import { pidFileOf, readPidFile, removePidFile, writePidFile } from "../processes/pid-file.ts";
import { filesBelow, namesIn, syncFileSystem, takeFile } from "./files.ts";
import { type BackupDescription, backupNames, descriptionFile, megabytes, readDescription } from "./make-backup.ts";

export interface RestoreOptions {
  /** A backup, or the folder of all of them, of which the newest is taken. */
  from: string;
  storageDir: string;
  show: (line: string) => void;
}

export interface Restored {
  backup: string;
  description: BackupDescription;
  files: number;
  /** Files that were there already, of a run that was interrupted. */
  filesOfBefore: number;
  linkedFiles: number;
  copiedBytes: number;
}

/** What a storage may hold and still count as empty: logs and pid files of services that ran there and wrote nothing else. */
const unimportant = new Set(["logs", "run", "lost+found"]);

/** @throws Error with a sentence when it is refused; then nothing was changed */
export async function restoreBackup({ from, storageDir, show }: RestoreOptions): Promise<Restored> {
  const backup = newestBackup(from);
  const description = await readDescription(backup);
  await checkLayout(createDirectoryStore(backup), "reads");
  const holder = readPidFile(pidFileOf(storageDir));
  if (holder !== null) throw new Error(`Services run on ${storageDir} (supervisor ${holder}); bun run stop ends them`);
  const store = createDirectoryStore(storageDir);
  const underWay = await restoreUnderWay(storageDir);
  if (underWay !== null && underWay !== basename(backup)) {
    throw new Error(
      `A restore of ${underWay} into ${storageDir} was interrupted: finish that one, or remove the folder`,
    );
  }
  const names = [...namesIn(storageDir)].map(({ name }) => name).filter((name) => !unimportant.has(name));
  if (underWay === null && names.length > 0) {
    throw new Error(`${storageDir} is not empty (${names.slice(0, 3).join(", ")}); restore into an empty folder`);
  }
  mkdirSync(storageDir, { recursive: true });
  const pidFile = join(storageDir, "run", "restore.pid");
  writePidFile(pidFile);
  try {
    await store.put(layoutFile, `${JSON.stringify({ restoring: basename(backup) })}\n`);
    const counts = await takeAll(backup, storageDir, show);
    const layout = await readFile(join(backup, layoutFile), "utf8").catch(() =>
      JSON.stringify({ version: layoutVersion }),
    );
    await syncFileSystem(storageDir);
    await store.put(layoutFile, layout);
    await syncFileSystem(storageDir);
    return { backup, description, ...counts };
  } finally {
    removePidFile(pidFile);
  }
}

async function takeAll(backup: string, storageDir: string, show: (line: string) => void) {
  const counts = { files: 0, filesOfBefore: 0, linkedFiles: 0, copiedBytes: 0 };
  for (const key of filesBelow(backup, "")) {
    if (key === descriptionFile || key === layoutFile) continue;
    const { how, bytes } = await takeFile(key, join(backup, key), join(storageDir, key));
    if (how === "gone") throw new Error(`${join(backup, key)} was removed while it was restored`);
    counts.files++;
    if (how === "there") counts.filesOfBefore++;
    else if (how === "linked") counts.linkedFiles++;
    else counts.copiedBytes += bytes;
    show(`${counts.files} files, ${megabytes(counts.copiedBytes)} copied`);
  }
  // Of a `layout.json` that was being written; a killed copy was written over.
  for (const { name } of namesIn(storageDir)) if (temporaryFilePattern.test(name)) rmSync(join(storageDir, name));
  return counts;
}

function newestBackup(from: string): string {
  if (existsSync(join(from, descriptionFile))) return from;
  const newest = backupNames(from).at(-1);
  if (newest === undefined) throw new Error(`There is no backup in ${from}`);
  return join(from, newest);
}

/** The name of the backup; null where none is being restored. */
async function restoreUnderWay(storageDir: string): Promise<string | null> {
  return restoringIn(await readFile(join(storageDir, layoutFile), "utf8").catch(() => ""));
}
