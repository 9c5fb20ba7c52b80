/**
 * The embedded adapter: a directory. Writes go to a temporary name beside the place and are renamed into it. Any folder in it
 * may be a link to another file system, or a mount: where a rename cannot lead, a file is copied under a temporary name beside
 * its place, brought to the disk, renamed, and only then removed where it was.
 *
 * Under Bun a file is a `Bun.file`, which a response sends by sendfile; under Node and Deno it is streamed.
 */
import { createHash } from "node:crypto";
import { type Stats, statSync } from "node:fs";
import { access, constants, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { BlobStore, StoredBlob } from "./blob-store.ts";
import { FileBlob } from "./file-blob.ts";
import { checkedKey, probeFile, temporaryFile, temporaryFilePattern } from "./layout.ts";

const isBun = process.versions.bun !== undefined;

/** A store in this directory, which is made when it is not there. */
export function createDirectoryStore(directory: string): BlobStore {
  const root = resolve(directory);

  const below = root.endsWith(sep) ? root : root + sep;
  // A key that was checked names no other place: it has no `..`, no empty part, no separator but `/`.
  const locate = (key: string): string => below + checkedKey(key);

  async function inPlace(key: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const path = locate(key);
    await mkdir(dirname(path), { recursive: true });
    const temporary = newTemporary(path);
    try {
      await write(temporary);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    locate,
    async open(key): Promise<StoredBlob | null> {
      const path = locate(key);
      return storedAt(path, await statOrNull(path));
    },
    peek(key) {
      const path = locate(key);
      return storedAt(path, statNowOrNull(path));
    },
    put: (key, content) =>
      inPlace(key, async (temporary) => {
        if (!(content instanceof Blob)) await writeFile(temporary, content);
        else if (isBun) await Bun.write(temporary, content);
        else await writeFile(temporary, content.stream());
      }),
    async adopt(localPath, key, signal) {
      const path = locate(key);
      await mkdir(dirname(path), { recursive: true });
      await moveFile(localPath, path, signal);
    },
    async remove(key) {
      await rm(locate(key), { recursive: true, force: true });
    },
    async exists(key) {
      return (await statOrNull(locate(key))) !== null;
    },
    async list(key) {
      const names = (await orNull(readdir(locate(key)))) ?? [];
      return names.filter((name) => !temporaryFilePattern.test(name));
    },
    async check(need = "writes") {
      await mkdir(root, { recursive: true });
      if (need === "reads") return access(root, constants.R_OK | constants.X_OK);
      const probe = join(root, probeFile(crypto.randomUUID()));
      await writeFile(probe, "");
      await rm(probe);
    },
  };
}

/** A request that has the content already needs neither of what is made here only when it is asked for. */
function storedAt(path: string, found: Stats | null): StoredBlob | null {
  if (!found?.isFile()) return null;
  return {
    sizeBytes: found.size,
    version: versionOf(found),
    get blob() {
      return isBun ? Bun.file(path) : new FileBlob(path, 0, found.size);
    },
    get modifiedAt() {
      return found.mtime;
    },
  };
}

/**
 * Content is never written in place, so another content is another inode. Times alone would not do: a kernel's clock for
 * files stands still for milliseconds.
 */
const versionOf = ({ ino, size, mtimeMs }: Stats): string => `${ino}-${size}-${Math.round(mtimeMs * 1000)}`;

const statOrNull = (path: string): Promise<Stats | null> => orNull(stat(path));

/** Null where there is no such thing. */
async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    return nullIfAbsent(error);
  }
}

/** An exception costs more than the look does. */
const orUndefined = { throwIfNoEntry: false } as const;

function statNowOrNull(path: string): Stats | null {
  try {
    return statSync(path, orUndefined) ?? null;
  } catch (error) {
    return nullIfAbsent(error);
  }
}

/** @throws what is another trouble than that there is no such file */
function nullIfAbsent(error: unknown): null {
  if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(String(error.code)))
    return null;
  throw error;
}

// Moves of finished files

/** A name of its own in the directory of `path`. */
const newTemporary = (path: string): string => join(dirname(path), temporaryFile(crypto.randomUUID()));

/** Of a copy, which is long: the same for the same place, so that the next try writes over what a killed process left. */
function temporaryOfCopy(path: string): string {
  const hash = createHash("sha256").update(basename(path)).digest("hex");
  return join(dirname(path), temporaryFile(hash.slice(0, 36)));
}

/** The last copy to each place that is under way in this process: they share a temporary name. */
const copies = new Map<string, Promise<void>>();

/**
 * Whole or not at all: after any failure the file is where it was, and nothing lies at the new place that was not there
 * before. The directory of the new place must be there.
 *
 * @throws the signal's reason; an Error with the code of the file system, such as `ENOSPC`
 */
async function moveFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isOtherFileSystem(error)) throw error;
    const before = copies.get(to);
    const copy = Promise.resolve(before?.catch(() => undefined)).then(() => copyAndRemove(from, to, signal));
    copies.set(to, copy);
    try {
      await copy;
    } finally {
      if (copies.get(to) === copy) copies.delete(to);
    }
  }
}

async function copyAndRemove(from: string, to: string, signal?: AbortSignal): Promise<void> {
  const temporary = temporaryOfCopy(to);
  try {
    await copyToDisk(from, temporary, signal);
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(to));
  await rm(from, { force: true });
}

const bufferBytes = 1024 * 1024;

/** By one buffer, since a copy that is left to the system cannot be ended. */
async function copyToDisk(from: string, to: string, signal?: AbortSignal): Promise<void> {
  await using source = await open(from, "r");
  await using target = await open(to, "w");
  const buffer = new Uint8Array(bufferBytes);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, bufferBytes, null);
    if (bytesRead === 0) break;
    for (let written = 0; written < bytesRead; ) {
      written += (await target.write(buffer, written, bytesRead - written, null)).bytesWritten;
    }
  }
  await target.sync();
  signal?.throwIfAborted();
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

/**
 * Whether files that are moved from one directory to the other have to be copied. It is tried with an empty file: numbers of
 * devices do not tell (two mounts of one file system). Both directories are made when they are not there.
 */
export async function moveNeedsCopy(from: string, to: string): Promise<boolean> {
  for (const directory of [from, to]) await mkdir(directory, { recursive: true });
  const probe = newTemporary(join(from, "probe"));
  const moved = join(to, basename(probe));
  try {
    await writeFile(probe, "");
    await rename(probe, moved);
    return false;
  } catch (error) {
    if (isOtherFileSystem(error)) return true;
    throw error;
  } finally {
    await Promise.all([probe, moved].map((path) => rm(path, { force: true })));
  }
}

const isOtherFileSystem = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EXDEV";
