/**
 * Where chunks lie on disk: `{directory}/{upload id}/{index}` once whole, `.incoming/` while they come in. Both are on one
 * file system, so that putting a chunk in place is a rename.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { videoIdPattern } from "@video-backend/service";

const incoming = ".incoming";

export interface ChunkDirectory {
  /** A name nobody else has, for a chunk that is coming in. */
  temporaryPath(): string;
  /** Where the chunk with this index is, or belongs. */
  pathOf(uploadId: string, index: number): string;
  /** Where the chunks of an upload are put together. */
  assemblyPath(uploadId: string): string;
  /**
   * Puts a whole chunk in place of whatever was there. Synchronous on purpose: with the row in the same transaction,
   * no other request comes between the two.
   */
  place(temporaryPath: string, uploadId: string, index: number): void;
  /** Removes every chunk of an upload; harmless when there is none. */
  remove(uploadId: string): Promise<void>;
  /** The ids that have a folder. */
  uploadIds(): string[];
}

/** Opens the directory, which is made when it is not there; what was coming in when the service died is removed. */
export function openChunkDirectory(directory: string): ChunkDirectory {
  rmSync(join(directory, incoming), { recursive: true, force: true });
  mkdirSync(join(directory, incoming), { recursive: true });
  const folder = (uploadId: string) => join(directory, checkedId(uploadId));
  const pathOf = (uploadId: string, index: number) => join(folder(uploadId), String(index));
  return {
    temporaryPath: () => join(directory, incoming, crypto.randomUUID()),
    pathOf,
    assemblyPath: (uploadId) => join(folder(uploadId), "assembly"),
    place(temporaryPath, uploadId, index) {
      mkdirSync(folder(uploadId), { recursive: true });
      renameSync(temporaryPath, pathOf(uploadId, index));
    },
    remove: (uploadId) => rm(folder(uploadId), { recursive: true, force: true }),
    uploadIds: () => readdirSync(directory).filter((name) => videoIdPattern.test(name)),
  };
}

/** The routes let nothing else through; this is the second lock before a path that may be removed. */
function checkedId(uploadId: string): string {
  if (!videoIdPattern.test(uploadId)) throw new Error(`Not an upload id: ${JSON.stringify(uploadId)}`);
  return uploadId;
}
