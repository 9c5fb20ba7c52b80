/**
 * The embedded adapter: a directory. Writes go to a temporary name beside the place and are renamed into it. Any folder in it
 * may be a link to another file system, or a mount.
 *
 * Under Bun a file is a `Bun.file`, which a response sends by sendfile; under Node and Deno it is streamed.
 */
import { type Stats, statSync } from "node:fs";
import { access, constants, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { type BlobStore, checkedKey, type StoredBlob } from "./blob-store.ts";
import { FileBlob } from "./file-blob.ts";
import { probeFile, temporaryFilePattern } from "./layout.ts";
import { moveFile, newTemporary } from "./move-file.ts";

export { moveNeedsCopy } from "./move-file.ts";

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
