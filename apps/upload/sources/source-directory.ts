/**
 * Where sources lie while they come in, on the file system of originals, so that the finished one is renamed into its place
 * and not copied:
 *
 * - `{directory}/{upload id}/source`: the source in the making.
 * - `{directory}/{upload id}/chunk-{uuid}`: a chunk that is acknowledged and not in the source yet.
 * - `{directory}/.incoming/{uuid}`: the bytes of a chunk that comes in, whose place is not free or not known yet.
 */
import { readdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  incomingFolder,
  isVideoId,
  keptChunkFile,
  keptChunkPattern,
  newSourceFile,
  sourceFile,
} from "@video-backend/storage/layout";

/** What is on disk before it is answered. */
export type SyncPolicy = "chunk" | "complete" | "never";

/** A new file; the handle is closed when it is disposed. */
export interface NewFile extends AsyncDisposable {
  file: FileHandle;
  path: string;
}

export interface SourceDirectory {
  /** The source in the making. */
  pathOf(uploadId: string): string;
  /** Makes an empty source; harmless when there is one. */
  create(uploadId: string): Promise<void>;
  /** Opens the source for reading and writing at any offset; null when it is not there. */
  open(uploadId: string): Promise<FileHandle | null>;
  /** An empty file in the folder of the upload, to put a source together in anew. */
  createAnew(uploadId: string): Promise<NewFile>;
  /** A file nobody else has; disposing removes it, unless it was kept. */
  openSpool(): Promise<NewFile>;
  /**
   * Keeps a spool with its upload, whole and brought to the disk as far as the policy wants it.
   *
   * @returns the name that it has there
   */
  keep(uploadId: string, spool: NewFile): Promise<string>;
  /** Opens what was kept, for reading; null when it is not there. */
  openKept(uploadId: string, name: string): Promise<FileHandle | null>;
  removeKept(uploadId: string, name: string): Promise<void>;
  keptNames(uploadId: string): string[];
  /** Brings what was written to a file to the disk itself, as far as the policy wants it at this moment. */
  sync(path: string, file: FileHandle, moment: Exclude<SyncPolicy, "never">): Promise<void>;
  /** Removes all there is of an upload; harmless when there is nothing. */
  remove(uploadId: string): Promise<void>;
  /** The ids that have a folder. */
  uploadIds(): string[];
  /** False when the source itself is not there, whatever else is. */
  exists(uploadId: string): Promise<boolean>;
  /** What lies in the folder of an upload, or these files of it, without reading them; null when there is no folder. */
  measure(uploadId: string, names?: readonly string[]): Promise<{ diskBytes: number; changedAtSeconds: number } | null>;
}

/** Opens the directory, which is made with the first source; what was coming in when the service died is removed. */
export function openSourceDirectory(directory: string, policy: SyncPolicy): SourceDirectory {
  rmSync(join(directory, incomingFolder), { recursive: true, force: true });
  const groupSync = createGroupSync();
  const folder = (uploadId: string) => join(directory, checkedId(uploadId));
  const pathOf = (uploadId: string) => join(folder(uploadId), sourceFile);
  const keptPath = (uploadId: string, name: string) => join(folder(uploadId), checkedName(name));

  /** Those that nobody has kept yet. */
  const spools = new Set<string>();

  /** The name of a file does not come to the disk with its bytes. */
  async function syncNames(path: string): Promise<void> {
    if (policy !== "chunk") return;
    await using opened = await open(path, "r");
    await groupSync(path, opened);
  }

  return {
    pathOf,
    async create(uploadId) {
      await mkdir(folder(uploadId), { recursive: true });
      await using _file = await open(pathOf(uploadId), "a");
      for (const path of [folder(uploadId), directory]) await syncNames(path);
    },
    open: (uploadId) => orNull(open(pathOf(uploadId), "r+")),
    async createAnew(uploadId) {
      const path = join(folder(uploadId), newSourceFile);
      const file = await open(path, "w+");
      return { file, path, [Symbol.asyncDispose]: () => file.close() };
    },
    async openSpool() {
      const path = join(directory, incomingFolder, crypto.randomUUID());
      const file = await madeIfAbsent(join(directory, incomingFolder), () => open(path, "wx+"));
      spools.add(path);
      return {
        file,
        path,
        async [Symbol.asyncDispose]() {
          await file.close();
          if (spools.delete(path)) await rm(path, { force: true });
        },
      };
    },
    async keep(uploadId, { file, path }) {
      if (policy === "chunk") await file.datasync();
      const name = keptChunkFile(crypto.randomUUID());
      await madeIfAbsent(folder(uploadId), () => rename(path, keptPath(uploadId, name)));
      spools.delete(path);
      await syncNames(folder(uploadId));
      return name;
    },
    openKept: (uploadId, name) => orNull(open(keptPath(uploadId, name), "r")),
    removeKept: (uploadId, name) => rm(keptPath(uploadId, name), { force: true }),
    keptNames: (uploadId) => namesIn(folder(uploadId)).filter((name) => keptChunkPattern.test(name)),
    async sync(path, file, moment) {
      if (policy === moment || (policy === "chunk" && moment === "complete")) await groupSync(path, file);
    },
    remove: (uploadId) => rm(folder(uploadId), { recursive: true, force: true }),
    uploadIds: () => namesIn(directory).filter(isVideoId),
    exists: async (uploadId) => (await orNull(stat(pathOf(uploadId)))) !== null,
    async measure(uploadId, names) {
      const path = folder(uploadId);
      const own = await orNull(stat(path));
      if (!own) return null;
      const paths = (names ?? namesIn(path)).map((name) => join(path, name));
      const found = (await Promise.all(paths.map((one) => orNull(stat(one))))).filter((one) => one !== null);
      // A source with holes, where chunks are missing, takes less of the disk than its length.
      const diskBytes = found.reduce((sum, { blocks }) => sum + blocks * 512, 0);
      return { diskBytes, changedAtSeconds: Math.max(...[own, ...found].map(({ mtimeMs }) => mtimeMs)) / 1000 };
    },
  };
}

/** Does something in a folder, which is made if that fails for want of it. */
async function madeIfAbsent<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isNotThere(error)) throw error;
    await mkdir(path, { recursive: true });
    return await work();
  }
}

/** Null where there is no such file. */
async function orNull<Value>(asked: Promise<Value>): Promise<Value | null> {
  try {
    return await asked;
  } catch (error) {
    if (isNotThere(error)) return null;
    throw error;
  }
}

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
  if (!isVideoId(uploadId)) throw new Error(`Not an upload id: ${JSON.stringify(uploadId)}`);
  return uploadId;
}

function checkedName(name: string): string {
  if (!keptChunkPattern.test(name)) throw new Error(`Not the name of a kept chunk: ${JSON.stringify(name)}`);
  return name;
}

/** Resolves when all that was written to the file before the call is on disk. */
export type GroupSync = (name: string, file: FileHandle) => Promise<void>;

interface Turn {
  running: Promise<void>;
  next: Promise<void> | null;
}

export function createGroupSync(): GroupSync {
  const turns = new Map<string, Turn>();

  function begin(name: string, file: FileHandle): Promise<void> {
    const turn: Turn = { running: file.datasync(), next: null };
    turns.set(name, turn);
    return turn.running.finally(() => {
      if (turns.get(name) === turn && turn.next === null) turns.delete(name);
    });
  }

  return (name, file) => {
    const turn = turns.get(name);
    if (!turn) return begin(name, file);
    // The file of whoever asked first: he waits for it, so it stays open.
    turn.next ??= turn.running.catch(() => undefined).then(() => begin(name, file));
    return turn.next;
  };
}
