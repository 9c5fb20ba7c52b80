/**
 * Looks for what does not fit together: folders of sources, originals, rows, and the videos of metadata. It changes
 * nothing, and what it finds may have changed a moment later; whoever acts on it asks again.
 *
 * The order matters: folders are listed before rows are read, and rows before metadata is asked. Each is made before the
 * next one is, so an upload that goes on meanwhile is never taken for one that lacks something.
 */
import { lookUpVideo, readAllVideos } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { folders, isVideoId, originalsKey } from "@video-backend/storage/layout";
import { eq, sql } from "drizzle-orm";
import { spooledChunks } from "../chunks/rows.ts";
import { chunks, type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { originalKey } from "../sources/original.ts";
import { expiredUploads } from "../uploads/delete-upload.ts";
import { isOpen } from "../uploads/state.ts";
import type { Finding, JanitorReport } from "./contract.ts";

/** A source of which no row is known yet, or no more, may be somebody's who is at work. */
const settledSeconds = 600;

type Row = Pick<UploadRow, "id" | "state" | "filename" | "storedName" | "updatedAt">;
type Found = Omit<Finding, "done" | "error">;

/** @param signal ends it; what is thrown then is the signal's reason */
export async function inspectStorage(deps: UploadDeps, signal: AbortSignal): Promise<JanitorReport> {
  const sourceIds = deps.sources.uploadIds();
  const originalIds = (await deps.store.list(folders.originals)).filter(isVideoId);
  const { id, state, filename, storedName, updatedAt } = uploads;
  const rows = deps.database.select({ id, state, filename, storedName, updatedAt }).from(uploads).all();
  const videos = await videosOrNull(deps, signal);
  const found = [
    ...(await findExpired(deps)),
    ...(await findNeedlessSources(deps, sourceIds, rows)),
    ...(await findUnacknowledged(deps, sourceIds)),
    ...(await findLostSources(deps)),
    ...(await findLostOriginals(deps, originalIds, rows, videos)),
    ...(await findUnknownOriginals(deps, originalIds, rows, videos, signal)),
  ];
  signal.throwIfAborted();
  const findings = found.map((one) => ({ ...one, done: false, error: null }));
  return { metadata_available: videos !== null, findings };
}

async function videosOrNull(deps: UploadDeps, signal: AbortSignal): Promise<Set<string> | null> {
  try {
    return await readAllVideos(deps.metadata, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isServiceError(error)) throw error;
    deps.log.debug({ reason: error.message }, "the janitor does not know which videos there are");
    return null;
  }
}

async function findExpired(deps: UploadDeps): Promise<Found[]> {
  return Promise.all(
    expiredUploads(deps).map(async ({ id, updatedAt }) => ({
      kind: "expired_upload" as const,
      upload_id: id,
      bytes: (await deps.sources.measure(id))?.diskBytes ?? 0,
      age_seconds: age(deps, updatedAt),
      why: `Nothing came for ${deps.limits.idleSeconds} seconds or longer`,
      action: "remove" as const,
    })),
  );
}

/** What a crash leaves between a row and its folder, or a delete that could not remove all. */
async function findNeedlessSources(deps: UploadDeps, sourceIds: string[], rows: Row[]): Promise<Found[]> {
  const open = new Set(rows.filter(isOpen).map(({ id }) => id));
  const found: Found[] = [];
  for (const id of sourceIds) {
    if (open.has(id) || deps.work.isHeld(id)) continue;
    const measured = await deps.sources.measure(id);
    if (!measured || deps.now() - measured.changedAtSeconds < settledSeconds) continue;
    found.push({
      kind: "needless_source",
      upload_id: id,
      bytes: measured.diskBytes,
      age_seconds: age(deps, measured.changedAtSeconds),
      why: "No upload that is open has this folder; a source that was never complete is still with whoever sent it",
      action: "remove",
    });
  }
  return found;
}

async function findUnacknowledged(deps: UploadDeps, sourceIds: string[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const id of sourceIds) {
    const names = unacknowledgedChunks(deps, id);
    const measured = names.length > 0 ? await deps.sources.measure(id, names) : null;
    if (!measured) continue;
    found.push({
      kind: "unacknowledged_chunk",
      upload_id: id,
      bytes: measured.diskBytes,
      age_seconds: age(deps, measured.changedAtSeconds),
      why: "The service ended before the rows of these chunks were written; their senders were told nothing",
      action: "remove",
    });
  }
  return found;
}

/**
 * Files of chunks that no row names, of an upload that is open. Nothing is awaited here: while nobody is at work on it, no
 * row is about to follow.
 */
export function unacknowledgedChunks({ database, sources, work }: UploadDeps, uploadId: string): string[] {
  if (work.isHeld(uploadId)) return [];
  const upload = database.select().from(uploads).where(eq(uploads.id, uploadId)).get();
  if (!upload || !isOpen(upload)) return [];
  const named = new Set(spooledChunks(database, uploadId).map(({ spool }) => spool));
  return sources.keptNames(uploadId).filter((name) => !named.has(name));
}

/** Somebody's hand, or another disk. The chunks that are said to be here are not. */
async function findLostSources(deps: UploadDeps): Promise<Found[]> {
  const hasBytes = sql`(${uploads.appendedBytes} > 0 or exists (select 1 from ${chunks} where ${chunks.uploadId} = ${uploads.id}))`;
  const { id, updatedAt } = uploads;
  const open = deps.database
    .select({ id, updatedAt })
    .from(uploads)
    .where(sql`${eq(uploads.state, "receiving")} and ${hasBytes}`)
    .all();
  const found: Found[] = [];
  for (const upload of open) {
    if (deps.work.isHeld(upload.id) || (await deps.sources.exists(upload.id))) continue;
    found.push({
      kind: "lost_source",
      upload_id: upload.id,
      bytes: 0,
      age_seconds: age(deps, upload.updatedAt),
      why: "The source is gone from the disk; what came of it has to come again",
      action: "forget_chunks",
    });
  }
  return found;
}

/** Their originals were in place once. */
async function findLostOriginals(
  deps: UploadDeps,
  originalIds: string[],
  rows: Row[],
  videos: Set<string> | null,
): Promise<Found[]> {
  const there = new Set(originalIds);
  const found: Found[] = [];
  for (const row of rows) {
    if (isOpen(row) || there.has(row.id) || (await deps.store.exists(originalKey(row)))) continue;
    const isNobodys = isAtItsEnd(row) && videos !== null && !videos.has(row.id);
    found.push({
      kind: "lost_original",
      upload_id: row.id,
      bytes: 0,
      age_seconds: age(deps, row.updatedAt),
      why: isNobodys
        ? "Neither the original nor a video is left of it"
        : `The original of an upload that is ${row.state} is gone; what was made of it still plays`,
      action: isNobodys ? "forget_upload" : "keep",
    });
  }
  return found;
}

/**
 * Originals that no video plays. Where metadata remembers the deletion they go; else it may have been lost, and only a
 * person can say what they are worth.
 */
async function findUnknownOriginals(
  deps: UploadDeps,
  originalIds: string[],
  rows: Row[],
  videos: Set<string> | null,
  signal: AbortSignal,
): Promise<Found[]> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const found: Found[] = [];
  for (const id of originalIds) {
    const row = byId.get(id);
    if (videos?.has(id) || (row && (videos === null || isOpen(row)))) continue;
    const verdict = videos === null ? unanswered : await judgeOriginal(deps, id, row, signal);
    if (verdict === null) continue;
    const { bytes, changedAtSeconds } = await measureBelow(deps.store, originalsKey(id));
    found.push({
      kind: row ? "original_of_deleted_video" : "original_without_upload",
      upload_id: id,
      bytes,
      age_seconds: changedAtSeconds === null ? null : age(deps, changedAtSeconds),
      ...verdict,
    });
  }
  return found;
}

type Verdict = Pick<Found, "action" | "why">;

const unanswered: Verdict = {
  action: "keep",
  why: "No upload has it, and metadata does not answer whether a video does",
};

/** Null for one that is nobody's business: metadata has the video after all, or has yet to be told of it. */
async function judgeOriginal(
  { metadata }: UploadDeps,
  id: string,
  row: Row | undefined,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const { kind } = await lookUpVideo(metadata, id, signal);
  if (kind === "deleted") return { action: "remove", why: "The video was deleted" };
  if (kind === "known" || (row && !isAtItsEnd(row))) return null;
  const told = row ? "Metadata has lost the video or never took it" : "Neither an upload nor a video has it";
  return { action: "ask", why: `${told}; it may be the only copy of a film, and is removed only when it is named` };
}

/** Metadata was told of it, or said no; before that it cannot know the video. */
const isAtItsEnd = ({ state }: Row): boolean => state === "handed_over" || state === "refused";

const age = ({ now }: UploadDeps, since: number): number => Math.max(0, now() - since);

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
