/**
 * Moves a finished file, also to another file system, where a rename cannot lead: the file is then copied under a
 * temporary name beside its place, brought to the disk, renamed, and only then removed where it was.
 */
import { createHash } from "node:crypto";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { temporaryFile } from "./layout.ts";

/** A name of its own in the directory of `path`. */
export const newTemporary = (path: string): string => join(dirname(path), temporaryFile(crypto.randomUUID()));

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
export async function moveFile(from: string, to: string, signal?: AbortSignal): Promise<void> {
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
