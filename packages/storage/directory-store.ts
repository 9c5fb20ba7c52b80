/** The embedded adapter: a directory. Writes go to a temporary name beside the place and are renamed into it. */
import { access, constants, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { type BlobStore, checkedKey, InvalidKeyError, type StoredBlob } from "./blob-store.ts";

/** A store in this directory, which is made when it is not there. */
export function createDirectoryStore(directory: string): BlobStore {
  const root = resolve(directory);

  function locate(key: string): string {
    const path = join(root, checkedKey(key));
    if (!path.startsWith(root + sep)) throw new InvalidKeyError(`Not a key: ${JSON.stringify(key)}`);
    return path;
  }

  async function inPlace(key: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const path = locate(key);
    await mkdir(dirname(path), { recursive: true });
    const temporary = join(dirname(path), `.${crypto.randomUUID()}.tmp`);
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
      const found = await statOrNull(path);
      return found?.isFile() ? { blob: Bun.file(path), sizeBytes: found.size, modifiedAt: found.mtime } : null;
    },
    put: (key, content) =>
      inPlace(key, async (temporary) => {
        if (content instanceof Blob) await Bun.write(temporary, content);
        else await writeFile(temporary, content);
      }),
    async adopt(localPath, key) {
      const path = locate(key);
      await mkdir(dirname(path), { recursive: true });
      await rename(localPath, path);
    },
    async remove(key) {
      await rm(locate(key), { recursive: true, force: true });
    },
    async exists(key) {
      return (await statOrNull(locate(key))) !== null;
    },
    async list(key) {
      const names = (await orNull(readdir(locate(key)))) ?? [];
      return names.filter((name) => !temporaryName.test(name));
    },
    async check(need = "writes") {
      await mkdir(root, { recursive: true });
      if (need === "reads") return access(root, constants.R_OK | constants.X_OK);
      const probe = join(root, `.check-${crypto.randomUUID()}`);
      await writeFile(probe, "");
      await rm(probe);
    },
  };
}

const temporaryName = /^\.[0-9a-f-]{36}\.tmp$/;

const statOrNull = (path: string) => orNull(stat(path));

/** Null where there is no such thing. */
async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(String(error.code)))
      return null;
    throw error;
  }
}
