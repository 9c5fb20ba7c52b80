/**
 * Finds what does not fit together: folders of sources, originals, rows, and the videos of metadata. Each problem brings its fix,
 * which checks once more before it changes anything, since the world may have changed in the meantime.
 *
 * The order matters: folders are listed before rows are read, and rows before metadata is asked. Each is created before the next,
 * so an upload that makes progress meanwhile is never taken for one that lacks something.
 */
import { lookUpVideo, readAllVideos } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { folders, isVideoId, originalsKey } from "@video-backend/storage/layout";
import { openSource } from "../chunks/move-chunks.ts";
import type { UploadDeps } from "../deps.ts";
import { originalKey } from "../sources/original.ts";
import { deleteUpload, expireUpload, listExpired } from "../uploads/delete-upload.ts";
import { isOpen, isStream } from "../uploads/state.ts";
import type { UploadRecord } from "../uploads/store.ts";
import type { Finding } from "./contract.ts";

export interface Problem extends Omit<Finding, "done" | "error"> {
  /** @returns false if there was nothing to do any more */
  fix: () => Promise<boolean>;
}

/** A source without a row, or whose row is gone, may be of an operation in progress until it is so old. */
const settledSeconds = 600;

type Row = Pick<UploadRecord, "id" | "state" | "filename" | "storedName" | "updatedAt">;

export type JanitorDeps = Pick<
  UploadDeps,
  "uploads" | "chunks" | "sources" | "store" | "metadata" | "active" | "limits" | "log" | "now"
>;

interface World {
  sourceIds: string[];
  originalIds: string[];
  rows: Row[];
  /** Null if metadata is not available. */
  videos: Set<string> | null;
}

/** @param signal cancels it; its reason is thrown then */
export async function findProblems(
  deps: JanitorDeps,
  signal: AbortSignal,
): Promise<{ isMetadataAvailable: boolean; problems: Problem[] }> {
  const sourceIds = deps.sources.uploadIds();
  const originalIds = (await deps.store.list(folders.originals)).filter(isVideoId);
  const rows = await deps.uploads.list();
  const world: World = { sourceIds, originalIds, rows, videos: await videosOrNull(deps, signal) };
  const problems = [
    ...(await findExpired(deps)),
    ...(await findNeedlessSources(deps, world)),
    ...(await findUnacknowledged(deps, world)),
    ...(await findLostSources(deps)),
    ...(await findLostOriginals(deps, world)),
    ...(await findUnknownOriginals(deps, world, signal)),
  ];
  signal.throwIfAborted();
  return { isMetadataAvailable: world.videos !== null, problems };
}

async function videosOrNull(deps: JanitorDeps, signal: AbortSignal): Promise<Set<string> | null> {
  try {
    return await readAllVideos(deps.metadata, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isServiceError(error)) throw error;
    deps.log.debug({ reason: error.message }, "the janitor does not know which videos exist");
    return null;
  }
}

async function findExpired(deps: JanitorDeps): Promise<Problem[]> {
  const expired = await listExpired(deps);
  return Promise.all(
    expired.map(async ({ id, updatedAt }) => ({
      kind: "expired_upload" as const,
      upload_id: id,
      bytes: (await deps.sources.measure(id))?.diskBytes ?? 0,
      age_seconds: age(deps, updatedAt),
      why: `Nothing came for ${deps.limits.idleSeconds} seconds or longer`,
      action: "remove" as const,
      fix: () => expireUpload(deps, id),
    })),
  );
}

/** What a crash leaves between a row and its folder, or a delete that could not remove everything. */
async function findNeedlessSources(deps: JanitorDeps, { sourceIds, rows }: World): Promise<Problem[]> {
  const open = new Set(rows.filter(isOpen).map(({ id }) => id));
  const problems: Problem[] = [];
  for (const id of sourceIds) {
    if (open.has(id) || deps.active.isHeld(id)) continue;
    const measured = await deps.sources.measure(id);
    if (!measured || deps.now() - measured.changedAtSeconds < settledSeconds) continue;
    problems.push({
      kind: "needless_source",
      upload_id: id,
      bytes: measured.diskBytes,
      age_seconds: age(deps, measured.changedAtSeconds),
      why: "No upload that is open has this folder; a source that was never complete is still with whoever sent it",
      action: "remove",
      async fix() {
        using alone = deps.active.tryAcquire(id);
        const upload = await deps.uploads.find(id);
        if (!alone || (upload && isOpen(upload))) return false;
        await deps.sources.remove(id);
        return true;
      },
    });
  }
  return problems;
}

async function findUnacknowledged(deps: JanitorDeps, { sourceIds }: World): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const id of sourceIds) {
    const names = await unacknowledgedChunks(deps, id);
    const measured = names.length > 0 ? await deps.sources.measure(id, names) : null;
    if (!measured) continue;
    problems.push({
      kind: "unacknowledged_chunk",
      upload_id: id,
      bytes: measured.diskBytes,
      age_seconds: age(deps, measured.changedAtSeconds),
      why: "The service ended before the rows of these chunks were written; their senders were told nothing",
      action: "remove",
      async fix() {
        // Each has a name of its own: a chunk that arrives in the meantime has another.
        const left = await unacknowledgedChunks(deps, id);
        for (const name of left) await deps.sources.removeKept(id, name);
        return left.length > 0;
      },
    });
  }
  return problems;
}

/**
 * Files of chunks that no row names, of an open upload without an active operation: a row may still follow one that an operation
 * wrote. They are listed before the rows are read, so one that is acknowledged meanwhile is never among them.
 */
async function unacknowledgedChunks(deps: JanitorDeps, uploadId: string): Promise<string[]> {
  using alone = deps.active.tryAcquire(uploadId);
  if (!alone) return [];
  const names = deps.sources.keptNames(uploadId);
  const upload = names.length > 0 ? await deps.uploads.find(uploadId) : null;
  if (!upload || !isOpen(upload)) return [];
  const named = new Set((await deps.chunks.list(uploadId)).map(({ spool }) => spool));
  return names.filter((name) => !named.has(name));
}

/** After a manual deletion, or on another disk. The acknowledged chunks are lost. */
async function findLostSources(deps: JanitorDeps): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { id, updatedAt } of await deps.uploads.listWithBytes()) {
    if (deps.active.isHeld(id) || (await deps.sources.exists(id))) continue;
    problems.push({
      kind: "lost_source",
      upload_id: id,
      bytes: 0,
      age_seconds: age(deps, updatedAt),
      why: "The source is gone from the disk; what came of it has to come again",
      action: "forget_chunks",
      async fix() {
        using alone = deps.active.tryAcquire(id);
        const upload = await deps.uploads.find(id);
        if (!alone || upload?.state !== "receiving" || (await deps.sources.exists(id))) return false;
        if (isStream(upload)) await deps.uploads.update(id, { appendedBytes: 0 }, { states: ["receiving"] });
        await using _source = await openSource(deps, id);
        return true;
      },
    });
  }
  return problems;
}

async function findLostOriginals(deps: JanitorDeps, { originalIds, rows, videos }: World): Promise<Problem[]> {
  const there = new Set(originalIds);
  const problems: Problem[] = [];
  for (const row of rows) {
    if (isOpen(row) || there.has(row.id) || (await deps.store.exists(originalKey(row)))) continue;
    const isForgotten = isFinal(row) && videos !== null && !videos.has(row.id);
    problems.push({
      kind: "lost_original",
      upload_id: row.id,
      bytes: 0,
      age_seconds: age(deps, row.updatedAt),
      why: isForgotten
        ? "Neither the original nor a video is left of it"
        : `The original of an upload that is ${row.state} is gone; what was made of it still plays`,
      action: isForgotten ? "forget_upload" : "keep",
      async fix() {
        if (await deps.store.exists(originalKey(row))) return false;
        return (await deps.uploads.delete(row.id, { states: finalStates })) !== null;
      },
    });
  }
  return problems;
}

/**
 * Originals of no video. If metadata remembers the deletion they are removed; otherwise metadata may have been lost, and only a
 * person can say what they are worth.
 */
async function findUnknownOriginals(deps: JanitorDeps, world: World, signal: AbortSignal): Promise<Problem[]> {
  const { originalIds, rows, videos } = world;
  const byId = new Map(rows.map((row) => [row.id, row]));
  const problems: Problem[] = [];
  for (const id of originalIds) {
    const row = byId.get(id);
    if (videos?.has(id) || (row && (videos === null || isOpen(row)))) continue;
    const verdict = videos === null ? unknown : await judgeOriginal(deps, id, row, signal);
    if (verdict === null) continue;
    const { bytes, changedAtSeconds } = await measureBelow(deps.store, originalsKey(id));
    problems.push({
      kind: row ? "original_of_deleted_video" : "original_without_upload",
      upload_id: id,
      bytes,
      age_seconds: changedAtSeconds === null ? null : age(deps, changedAtSeconds),
      ...verdict,
      async fix() {
        const { kind } = await lookUpVideo(deps.metadata, id, signal);
        // An original of a video that is not known to be deleted is removed only on request.
        if (kind === "known" || (kind === "unknown" && verdict.action !== "ask")) return false;
        await deleteUpload(deps, id);
        return true;
      },
    });
  }
  return problems;
}

type Verdict = Pick<Problem, "action" | "why">;

const unknown: Verdict = {
  action: "keep",
  why: "No upload has it, and metadata does not answer whether a video does",
};

/** Null if nothing is wrong: metadata has the video after all, or has yet to be told of it. */
async function judgeOriginal(
  { metadata }: JanitorDeps,
  id: string,
  row: Row | undefined,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const { kind } = await lookUpVideo(metadata, id, signal);
  if (kind === "deleted") return { action: "remove", why: "The video was deleted" };
  if (kind === "known" || (row && !isFinal(row))) return null;
  const told = row ? "Metadata has lost the video or never took it" : "Neither an upload nor a video has it";
  return { action: "ask", why: `${told}; it may be the only copy of a film, and is removed only when it is named` };
}

/** Metadata registered it, or refused it; before that it cannot know the video. */
const finalStates = ["handed_over", "refused"] as const;
const isFinal = ({ state }: Row): boolean => state === "handed_over" || state === "refused";

const age = ({ now }: JanitorDeps, since: number): number => Math.max(0, now() - since);

/** Sizes and times as the store has them; nothing is read. */
async function measureBelow(
  store: BlobStore,
  key: string,
): Promise<{ bytes: number; changedAtSeconds: number | null }> {
  const stored = await store.open(key);
  if (stored) return { bytes: stored.sizeBytes, changedAtSeconds: stored.modifiedAt.getTime() / 1000 };
  const below = await Promise.all((await store.list(key)).map((name) => measureBelow(store, `${key}/${name}`)));
  const times = below.map((one) => one.changedAtSeconds).filter((time) => time !== null);
  return {
    bytes: below.reduce((sum, one) => sum + one.bytes, 0),
    changedAtSeconds: times.length > 0 ? Math.max(...times) : null,
  };
}
