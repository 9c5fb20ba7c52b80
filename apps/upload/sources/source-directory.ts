/**
 * Sources while they are received, on the file system of originals, so that a finished one is renamed and not copied:
 *
 * - `{directory}/{upload id}/source`: the source.
 * - `{directory}/{upload id}/chunk-{uuid}`: a chunk that is acknowledged and not in the source yet.
 * - `{directory}/.incoming/{uuid}`: a chunk that is being received, whose place is not free or not known yet.
 */
import { readdirSync, rmSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@video-backend/service";
import { createGroupSync } from "@video-backend/storage/group-sync";
import {
  incomingFolder,
  isVideoId,
  keptChunkFile,
  keptChunkPattern,
  newSourceFile,
  sourceFile,
} from "@video-backend/storage/layout";
import type { Chunks } from "../chunks/store.ts";
import type { UploadRecord, Uploads } from "../uploads/store.ts";

/** When bytes are synced: before a chunk is answered, before complete is, or never. */
export type SyncPolicy = "chunk" | "complete" | "never";

/** A new file; the handle is closed when it is disposed. */
export interface NewFile extends AsyncDisposable {
  file: FileHandle;
  path: string;
}

export type SourceDirectory = ReturnType<typeof openSourceDirectory>;

/** Opens the directory, which is created with the first source; what was being received before a crash is removed. */
export function openSourceDirectory(directory: string, policy: SyncPolicy) {
  rmSync(join(directory, incomingFolder), { recursive: true, force: true });
  const groupSync = createGroupSync();
  const folder = (uploadId: string) => join(directory, checkedId(uploadId));
  const pathOf = (uploadId: string) => join(folder(uploadId), sourceFile);
  const keptPath = (uploadId: string, name: string) => join(folder(uploadId), checkedName(name));

  /** Those that are not kept yet. */
  const spools = new Set<string>();

  /** Syncing a file does not sync its name. */
  async function syncNames(path: string): Promise<void> {
    if (policy !== "chunk") return;
    await using opened = await open(path, "r");
    await groupSync(path, opened);
  }

  return {
    /** The source. */
    pathOf,
    /** Creates an empty source; harmless if it exists. */
    async create(uploadId: string) {
      await mkdir(folder(uploadId), { recursive: true });
      await using _file = await open(pathOf(uploadId), "a");
      for (const path of [folder(uploadId), directory]) await syncNames(path);
    },
    /** Opens the source for reading and writing at any offset; null if it does not exist. */
    open: (uploadId: string) => orNull(open(pathOf(uploadId), "r+")),
    /** An empty file in the folder of the upload, to rebuild the source in. */
    async createAnew(uploadId: string): Promise<NewFile> {
      const path = join(folder(uploadId), newSourceFile);
      const file = await open(path, "w+");
      return { file, path, [Symbol.asyncDispose]: () => file.close() };
    },
    /** A new file; disposing removes it, unless it was kept. */
    async openSpool(): Promise<NewFile> {
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
    /**
     * Moves a spool to the folder of its upload, synced if the policy requires it.
     *
     * @returns its name there
     */
    async keep(uploadId: string, { file, path }: NewFile) {
      if (policy === "chunk") await file.datasync();
      const name = keptChunkFile(crypto.randomUUID());
      await madeIfAbsent(folder(uploadId), () => rename(path, keptPath(uploadId, name)));
      spools.delete(path);
      await syncNames(folder(uploadId));
      return name;
    },
    /** Opens a kept spool for reading; null if it does not exist. */
    openKept: (uploadId: string, name: string) => orNull(open(keptPath(uploadId, name), "r")),
    removeKept: (uploadId: string, name: string) => rm(keptPath(uploadId, name), { force: true }),
    keptNames: (uploadId: string) => namesIn(folder(uploadId)).filter((name) => keptChunkPattern.test(name)),
    /** Syncs a file, if the policy requires it at this moment. */
    async sync(path: string, file: FileHandle, moment: Exclude<SyncPolicy, "never">) {
      if (policy === moment || (policy === "chunk" && moment === "complete")) await groupSync(path, file);
    },
    /** Removes everything of an upload; harmless if there is nothing. */
    remove: (uploadId: string): Promise<void> => rm(folder(uploadId), { recursive: true, force: true }),
    /** The ids that have a folder. */
    uploadIds: () => namesIn(directory).filter(isVideoId),
    /** False if the source itself does not exist, whatever else does. */
    exists: async (uploadId: string) => (await orNull(stat(pathOf(uploadId)))) !== null,
    /**
     * Bytes on the disk and the last change, in epoch seconds, of the folder of an upload or of these files in it; null if there
     * is no folder.
     */
    async measure(uploadId: string, names?: readonly string[]) {
      const path = folder(uploadId);
      const own = await orNull(stat(path));
      if (!own) return null;
      const paths = (names ?? namesIn(path)).map((name) => join(path, name));
      const found = (await Promise.all(paths.map((one) => orNull(stat(one))))).filter((one) => one !== null);
      // A source with holes, where chunks are missing, takes less of the disk than its length.
      const bytes = found.reduce((sum, { blocks }) => sum + blocks * 512, 0);
      return { bytes, since: Math.max(...[own, ...found].map(({ mtimeMs }) => mtimeMs)) / 1000 };
    },
  };
}

interface OpenDeps {
  uploads: Uploads;
  chunks: Chunks;
  sources: SourceDirectory;
  log: Log;
}

type Filled = Pick<UploadRecord, "id" | "appendedBytes">;

/**
 * Opens the source of an upload, which was created with it; one that is lost is created again. Acknowledged bytes that a source does
 * not have any more (a manual change, another disk, a power cut under a laxer policy) are forgotten in the rows, so that they are
 * missing and sent again, instead of being zeros.
 */
export async function openSource(deps: OpenDeps, upload: Filled): Promise<FileHandle> {
  const { sources } = deps;
  const { id, appendedBytes } = upload;
  const source = await sources.open(id);
  if (source && appendedBytes === null) return source;
  if (!source) await sources.create(id);
  const opened = source ?? (await sources.open(id));
  if (!opened) throw new Error(`The source of ${id} was created and is lost again`);
  const { size } = await opened.stat();
  if (!source || size < (appendedBytes ?? 0)) await forgetBeyond(deps, upload, size);
  return opened;
}

/** Forgets the bytes from `sizeBytes` on, where the source ends, and chunks whose own files are lost. */
export async function forgetBeyond(deps: OpenDeps, { id, appendedBytes }: Filled, sizeBytes: number): Promise<void> {
  const { uploads, chunks, sources } = deps;
  deps.log.error({ uploadId: id, sizeBytes }, "a source lost bytes; the client has to send them again");
  if (appendedBytes !== null) {
    await uploads.update(id, { appendedBytes: sizeBytes });
    return;
  }
  const kept = new Set(sources.keptNames(id));
  await chunks.forget(id, (chunk) =>
    chunk.spool === null ? (chunk.offsetBytes ?? 0) + chunk.sizeBytes > sizeBytes : !kept.has(chunk.spool),
  );
}

/** Does something in a folder, which is created if it is missing. */
async function madeIfAbsent<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!isNotThere(error)) throw error;
    await mkdir(path, { recursive: true });
    return await work();
  }
}

/** Null if there is no such file. */
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

/** The routes accept nothing else; this is a second check before a path that may be removed. */
function checkedId(uploadId: string): string {
  if (!isVideoId(uploadId)) throw new Error(`Not an upload id: ${JSON.stringify(uploadId)}`);
  return uploadId;
}

function checkedName(name: string): string {
  if (!keptChunkPattern.test(name)) throw new Error(`Not the name of a kept chunk: ${JSON.stringify(name)}`);
  return name;
}
