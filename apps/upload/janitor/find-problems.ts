/**
 * Finds what does not fit together: folders of sources, originals, rows, and the videos of metadata. A problem is fixed by judging
 * its id once more, since the world may have changed in the meantime, and by the one operation of its kind.
 *
 * The order matters: folders are listed before rows are read, and rows before metadata is asked. Each is created before the next,
 * so an upload that makes progress meanwhile is never taken for one that lacks something.
 */
import { lookUpVideo, readAllVideos } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { folders, isVideoId, originalsKey } from "@video-backend/storage/layout";
import type { UploadDeps } from "../deps.ts";
import { openSource } from "../sources/source-directory.ts";
import { deleteUpload, expireUpload, isIdle } from "../uploads/delete-upload.ts";
import { isOpen, originalKey } from "../uploads/state.ts";
import type { UploadRecord } from "../uploads/store.ts";
import type { Finding } from "./contract.ts";

export type Problem = Omit<Finding, "done" | "error"> & Pick<Judgement, "files">;

/** A problem of an id that is known. */
interface Judgement extends Pick<Finding, "kind" | "action" | "why" | "bytes"> {
  /** The last change; null if nothing is left that tells. */
  since: number | null;
  /** The files that are removed, if not all of the upload's. */
  files?: string[];
}

/** A source without a row, or whose row is gone, may be of an operation in progress until it is so old. */
const settledSeconds = 600;

type Row = Pick<UploadRecord, "id" | "state" | "filename" | "storedName" | "updatedAt">;

export type JanitorDeps = Pick<
  UploadDeps,
  "uploads" | "chunks" | "tokens" | "sources" | "store" | "metadata" | "active" | "limits" | "log" | "now"
>;

/** What exists of some ids, or of all. */
interface World {
  sources: Set<string>;
  originals: Set<string>;
  rows: Map<string, Row>;
  /** Those that are not in it are looked up; null if metadata is not available. */
  videos: Set<string> | null;
}

/** @param signal cancels it; its reason is thrown then */
export async function findProblems(
  deps: JanitorDeps,
  signal: AbortSignal,
): Promise<{ isMetadataAvailable: boolean; problems: Problem[] }> {
  const sources = new Set(deps.sources.uploadIds());
  const originals = new Set((await deps.store.list(folders.originals)).filter(isVideoId));
  const rows = new Map((await deps.uploads.list()).map((row) => [row.id, row]));
  const world: World = { sources, originals, rows, videos: await videosOrNull(deps, signal) };
  const problems: Problem[] = [];
  for (const id of new Set([...sources, ...originals, ...rows.keys()])) {
    problems.push(...(await judge(deps, world, id, signal)));
  }
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

/**
 * Fixes a problem, if it is still there.
 *
 * @param isNamed true if its original may be removed although no deletion of its video is known
 * @returns false if there was nothing to do any more
 * @throws what the operation throws; ServiceError `unavailable` if metadata has to be asked and does not answer
 */
export async function fixProblem(
  deps: JanitorDeps,
  { upload_id: id, kind }: Problem,
  isNamed: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const sources = new Set([id]);
  const originals = new Set((await deps.store.list(originalsKey(id))).length > 0 ? [id] : []);
  const row = await deps.uploads.find(id);
  const world: World = { sources, originals, rows: new Map(row ? [[id, row]] : []), videos: new Set() };
  const problem = (await judge(deps, world, id, signal)).find((one) => one.kind === kind);
  if (!problem || problem.action === "keep" || (problem.action === "ask" && !isNamed)) return false;
  switch (kind) {
    case "expired_upload":
      return await expireUpload(deps, id);
    case "needless_source":
      await deps.sources.remove(id);
      return true;
    case "unacknowledged_chunk":
      // Each has a name of its own: a chunk that arrives in the meantime has another.
      for (const name of problem.files ?? []) await deps.sources.removeKept(id, name);
      return true;
    case "lost_source": {
      await using source = row && (await openSource(deps, row));
      return source !== null;
    }
    case "lost_original":
      return (await deps.uploads.delete(id, { states: finalStates })) !== null;
    default:
      await deleteUpload(deps, id);
      return true;
  }
}

/** What is wrong with an id; nothing if all of it fits together. */
async function judge(deps: JanitorDeps, world: World, id: string, signal: AbortSignal): Promise<Problem[]> {
  const row = world.rows.get(id);
  const isInSources = world.sources.has(id);
  const judgements =
    row && isOpen(row)
      ? [await judgeOpen(deps, id, isInSources)]
      : [isInSources ? await judgeNeedless(deps, id) : null, await judgeOriginal(deps, world, id, signal)];
  return judgements
    .filter((judgement) => judgement !== null)
    .map(({ since, ...found }) => {
      const age_seconds = since === null ? null : Math.max(0, deps.now() - since);
      return { upload_id: id, age_seconds, ...found };
    });
}

/** An upload with an active operation is left alone: what it lacks may be created at this moment. */
async function judgeOpen(deps: JanitorDeps, id: string, hasFolder: boolean): Promise<Judgement | null> {
  const { sources } = deps;
  const row = await deps.uploads.find(id);
  if (!row || !isOpen(row) || deps.active.isHeld(id)) return null;
  const { updatedAt } = row;
  // Before the rows of the chunks are read, so that one that is acknowledged meanwhile is never among them.
  const names = hasFolder ? sources.keptNames(id) : [];
  if (isIdle(deps, row)) {
    const bytes = (await sources.measure(id))?.bytes ?? 0;
    const why = `Nothing was received for ${deps.limits.idleSeconds} seconds or longer`;
    return { kind: "expired_upload", action: "remove", why, bytes, since: updatedAt };
  }
  if (row.state === "receiving" && !(await sources.exists(id))) {
    const why = "The source is lost from the disk; its chunks have to be sent again";
    return { kind: "lost_source", action: "forget_chunks", why, bytes: 0, since: updatedAt };
  }
  if (names.length === 0) return null;
  const named = new Set((await deps.chunks.list(id)).map(({ spool }) => spool));
  const files = names.filter((name) => !named.has(name));
  const measured = files.length > 0 ? await sources.measure(id, files) : null;
  if (!measured) return null;
  const why = "The service ended before the rows of these chunks were written; their senders got no answer";
  return { kind: "unacknowledged_chunk", action: "remove", why, ...measured, files };
}

/** What a crash leaves between a row and its folder, or a delete that could not remove everything. */
async function judgeNeedless(deps: JanitorDeps, id: string): Promise<Judgement | null> {
  if (deps.active.isHeld(id)) return null;
  const measured = await deps.sources.measure(id);
  if (!measured || deps.now() - measured.since < settledSeconds) return null;
  const why = "No open upload has this folder; the sender of an incomplete source still has it";
  return { kind: "needless_source", action: "remove", why, ...measured };
}

/**
 * Of a finished upload, or of none. An original without a video is removed if metadata remembers the deletion; otherwise metadata
 * may have been lost, and only a person can say what it is worth.
 */
async function judgeOriginal(
  deps: JanitorDeps,
  { originals, rows, videos }: World,
  id: string,
  signal: AbortSignal,
): Promise<Judgement | null> {
  const row = rows.get(id);
  if (!originals.has(id)) return row ? await judgeLost(deps, row, videos, signal) : null;
  if (videos?.has(id) || (row && videos === null)) return null;
  const verdict = videos === null ? unknown : await verdictOn(deps, id, row, signal);
  if (verdict === null) return null;
  const kind = row ? "original_of_deleted_video" : "original_without_upload";
  return { kind, ...verdict, ...(await measureBelow(deps.store, originalsKey(id))) };
}

async function judgeLost(
  deps: JanitorDeps,
  row: Row,
  videos: World["videos"],
  signal: AbortSignal,
): Promise<Judgement | null> {
  const { id, state, updatedAt } = row;
  if (await deps.store.exists(originalKey(row))) return null;
  const isUnknown = isFinal(row) && videos !== null && !videos.has(id);
  if (isUnknown && (await lookUpVideo(deps.metadata, id, signal)).kind !== "known") {
    const why = "Neither the original nor the video exists any more";
    return { kind: "lost_original", action: "forget_upload", why, bytes: 0, since: updatedAt };
  }
  const why = `The original of an upload that is ${state} is lost; its renditions still play`;
  return { kind: "lost_original", action: "keep", why, bytes: 0, since: updatedAt };
}

type Verdict = Pick<Judgement, "action" | "why">;

const unknown: Verdict = {
  action: "keep",
  why: "No upload has it, and metadata does not answer whether a video does",
};

/** Null if nothing is wrong: metadata has the video after all, or has yet to be told of it. */
async function verdictOn(
  { metadata }: JanitorDeps,
  id: string,
  row: Row | undefined,
  signal: AbortSignal,
): Promise<Verdict | null> {
  const { kind } = await lookUpVideo(metadata, id, signal);
  if (kind === "deleted") return { action: "remove", why: "The video was deleted" };
  if (kind === "known" || (row && !isFinal(row))) return null;
  const told = row ? "Metadata has lost the video or never accepted it" : "Neither an upload nor a video has it";
  return { action: "ask", why: `${told}; it may be the only copy of a video, and is removed only when it is named` };
}

/** Metadata registered it, or refused it; before that it cannot know the video. */
const finalStates = ["handed_over", "refused"] as const;
const isFinal = ({ state }: Row): boolean => state === "handed_over" || state === "refused";

/** Sizes and times as the store has them; nothing is read. */
async function measureBelow(store: BlobStore, key: string): Promise<Pick<Judgement, "bytes" | "since">> {
  const stored = await store.open(key);
  if (stored) return { bytes: stored.sizeBytes, since: stored.modifiedAt.getTime() / 1000 };
  const below = await Promise.all((await store.list(key)).map((name) => measureBelow(store, `${key}/${name}`)));
  const times = below.map(({ since }) => since).filter((time) => time !== null);
  const bytes = below.reduce((sum, one) => sum + one.bytes, 0);
  return { bytes, since: times.length > 0 ? Math.max(...times) : null };
}
