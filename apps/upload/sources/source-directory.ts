/**
 * Where sources lie while they come in: `{directory}/{upload id}/source`, on the file system of originals, so that the
 * finished one is renamed into its place and not copied. In `.incoming/` lie, for as long as they come in, the chunks
 * whose place is not free or not known yet.
 */
import { readdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { videoIdPattern } from "@video-backend/service";
import { createGroupSync } from "./group-sync.ts";

/** What is on disk before it is answered. */
export type SyncPolicy = "chunk" | "complete" | "never";

export interface SourceDirectory {
  /** The source in the making. */
  pathOf(uploadId: string): string;
  /** Makes an empty source; harmless when there is one. */
  create(uploadId: string): Promise<void>;
  /**
   * Opens the source for reading and writing at any offset.
   *
   * @throws Error `ENOENT` when it is not there
   */
  open(uploadId: string): Promise<FileHandle>;
  /** A file nobody else has; whoever asks removes it. */
  openSpool(): Promise<{ file: FileHandle; path: string }>;
  /** Brings what was written to the source to the disk itself, as far as the policy wants it at this moment. */
  sync(uploadId: string, file: FileHandle, moment: Exclude<SyncPolicy, "never">): Promise<void>;
  /** Removes all there is of an upload; harmless when there is nothing. */
  remove(uploadId: string): Promise<void>;
  /** The ids that have a folder. */
  uploadIds(): string[];
  /** False when the source itself is not there, whatever else is. */
  exists(uploadId: string): Promise<boolean>;
  /** What lies in the folder of an upload, without reading it; null when there is none. */
  measure(uploadId: string): Promise<{ diskBytes: number; changedAtSeconds: number } | null>;
}

const incoming = ".incoming";

/** Opens the directory, which is made with the first source; what was coming in when the service died is removed. */
export function openSourceDirectory(directory: string, policy: SyncPolicy): SourceDirectory {
  rmSync(join(directory, incoming), { recursive: true, force: true });
  const sync = createGroupSync();
  const folder = (uploadId: string) => join(directory, checkedId(uploadId));
  const pathOf = (uploadId: string) => join(folder(uploadId), "source");

  return {
    pathOf,
    async create(uploadId) {
      await mkdir(folder(uploadId), { recursive: true });
      await using _file = await open(pathOf(uploadId), "a");
      // The name of a file does not come to the disk with its bytes.
      if (policy === "chunk") for (const path of [folder(uploadId), directory]) await syncDirectory(path);
    },
    open: (uploadId) => open(pathOf(uploadId), "r+"),
    async openSpool() {
      await mkdir(join(directory, incoming), { recursive: true });
      const path = join(directory, incoming, crypto.randomUUID());
      return { file: await open(path, "wx+"), path };
    },
    async sync(uploadId, file, moment) {
      if (policy === moment || (policy === "chunk" && moment === "complete")) await sync(uploadId, file);
    },
    remove: (uploadId) => rm(folder(uploadId), { recursive: true, force: true }),
    uploadIds: () => namesIn(directory).filter((name) => videoIdPattern.test(name)),
    exists: async (uploadId) => (await statOrNull(pathOf(uploadId))) !== null,
    async measure(uploadId) {
      const path = folder(uploadId);
      const own = await statOrNull(path);
      if (!own) return null;
      const paths = namesIn(path).map((name) => join(path, name));
      const found = (await Promise.all(paths.map(statOrNull))).filter((one) => one !== null);
      // A source with holes, where chunks are missing, takes less of the disk than its length.
      const diskBytes = found.reduce((sum, { blocks }) => sum + blocks * 512, 0);
      return { diskBytes, changedAtSeconds: Math.max(...[own, ...found].map(({ mtimeMs }) => mtimeMs)) / 1000 };
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

const statOrNull = (path: string) =>
  stat(path).catch((error: unknown) => {
    if (isNotThere(error)) return null;
    throw error;
  });

const isNotThere = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}

/** The routes let nothing else through; this is the second lock before a path that may be removed. */
function checkedId(uploadId: string): string {
  if (!videoIdPattern.test(uploadId)) throw new Error(`Not an upload id: ${JSON.stringify(uploadId)}`);
  return uploadId;
}
