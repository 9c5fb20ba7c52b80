/** Files of a storage and of its backups: a walk that holds one name at a time, and the one way in which a file is taken over. */
import { createHash } from "node:crypto";
import {
  chownSync,
  constants,
  type Dirent,
  linkSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from "node:fs";
import { chmod, copyFile, open, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isMediaFile, isOriginalKey, temporaryFile } from "@video-backend/storage/layout";

/** Of a file that is there; null where there is none, or something else. */
export function statFile(path: string): Stats | null {
  const found = orNull(() => statSync(path));
  return found?.isFile() ? found : null;
}

/** Runs what looks at a path; null where there is no such thing. */
export function orNull<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return null;
    throw error;
  }
}

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && "code" in error && codes.includes(String(error.code));

/** The names directly in a folder; none where there is no such folder. */
export function* namesIn(folder: string): Generator<Dirent> {
  const directory = orNull(() => opendirSync(folder));
  if (!directory) return;
  try {
    for (let entry = directory.readSync(); entry; entry = directory.readSync()) yield entry;
  } finally {
    directory.closeSync();
  }
}

/** The keys of all files below a key, in no order. Folders that vanish meanwhile are empty. */
export function* filesBelow(root: string, key: string): Generator<string> {
  for (const entry of namesIn(join(root, key))) {
    const below = key === "" ? entry.name : `${key}/${entry.name}`;
    if (isFolder(entry, join(root, below))) yield* filesBelow(root, below);
    else yield below;
  }
}

/** A folder, or a link to one: any folder of a storage may be on another disk. */
function isFolder(entry: Dirent, path: string): boolean {
  if (entry.isDirectory()) return true;
  return entry.isSymbolicLink() && (orNull(() => statSync(path))?.isDirectory() ?? false);
}

/**
 * Whether a file with this key is never changed and never replaced by another content of the same size and time. Two names may
 * then share it. Playlists, marks and keys are replaced; they are copied.
 */
export const isImmutable = (key: string): boolean => isOriginalKey(key) || isMediaFile(key);

/** Times that were copied may differ in the digits that a file system does not hold. */
export const isSameFile = (a: Stats, b: Stats): boolean => a.size === b.size && Math.abs(a.mtimeMs - b.mtimeMs) < 1;

/** `there`: it was there already. `gone`: there is no such file. */
export type Taken = { how: "there" | "linked" | "copied" | "gone"; bytes: number };

/**
 * Brings a file to `to`, whole or not at all: by another name for it where it is immutable and that is possible, else by a copy
 * with its time, mode and, where we are root, owner. A killed copy is written over by the next one. `syncFileSystem` brings it to
 * the disk.
 *
 * @param former places of the same key where the same content may be already, without reading it again
 */
export async function takeFile(key: string, from: string, to: string, former: readonly string[] = []): Promise<Taken> {
  const source = statFile(from);
  if (!source) return { how: "gone", bytes: 0 };
  const bytes = source.size;
  const present = statFile(to);
  if (present && isSameFile(present, source)) return { how: "there", bytes };
  if (present) rmSync(to);
  makeFolderLike(dirname(to), dirname(from));
  if (isImmutable(key) && link(from, to)) return { how: "linked", bytes };
  for (const place of former) {
    const found = statFile(place);
    if (found && isSameFile(found, source) && link(place, to)) return { how: "there", bytes };
  }
  const temporary = join(dirname(to), temporaryFile(hashOf(basename(to))));
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE);
  } catch (error) {
    rmSync(temporary, { force: true });
    if (hasCode(error, "ENOENT")) return { how: "gone", bytes: 0 };
    throw error;
  }
  await chmod(temporary, source.mode & 0o7777);
  ownLike(temporary, source);
  await utimes(temporary, source.atimeMs / 1000, source.mtimeMs / 1000);
  renameSync(temporary, to);
  return { how: "copied", bytes };
}

const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex").slice(0, 36);

/** False where it cannot be: another file system, one without links, a file that has too many, or one of somebody else. */
function link(from: string, to: string): boolean {
  try {
    // A link to a symbolic link would be another one.
    if (lstatSync(from).isSymbolicLink()) return false;
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EXDEV", "EPERM", "EACCES", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOENT")) return false;
    throw error;
  }
}

/** With the owner of the folder that it stands for, so that the services of another user can write in what root restored. */
function makeFolderLike(folder: string, like: string): void {
  if (orNull(() => statSync(folder)) !== null) return;
  if (dirname(folder) !== folder) makeFolderLike(dirname(folder), dirname(like));
  mkdirSync(folder, { recursive: true });
  const model = orNull(() => statSync(like));
  if (model) ownLike(folder, model);
}

/** Only root can give a file away. */
export function ownLike(path: string, { uid, gid }: Stats): void {
  if (process.getuid?.() === 0) chownSync(path, uid, gid);
}

/** Brings all that was written in the file system of this folder to the disk: one wait, and not one for each of many files. */
export async function syncFileSystem(folder: string): Promise<void> {
  const sync = (...words: string[]) => Bun.spawn(["sync", ...words], { stdio: ["ignore", "ignore", "ignore"] }).exited;
  // Only GNU and busybox know a file system by a file.
  if ((await sync("-f", folder)) !== 0) await sync();
}

/** SHA-256 in lower-case hex; null where there is no such file. Whatever the size, it is read by one buffer. */
export async function sha256Of(
  path: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<string | null> {
  const hash = createHash("sha256");
  try {
    await using file = await open(path, "r");
    const buffer = new Uint8Array(1024 * 1024);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
      onBytes(bytesRead);
    }
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}
