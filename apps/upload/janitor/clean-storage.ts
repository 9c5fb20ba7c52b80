/**
 * Does what the inspection found, each thing asked for again right before. By itself it removes only what nobody can miss:
 * sources that were never complete, which their senders still have, rows without a byte, and originals of videos that
 * metadata knows to be deleted. Another original is removed only when somebody names it, since databases can be lost, and
 * then it may be the only copy of a film.
 */
import { lookUpVideo } from "@video-backend/metadata/client";
import { messageOf, repeat, ServiceError } from "@video-backend/service";
import { and, eq, inArray } from "drizzle-orm";
import { openSource } from "../chunks/move-in.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { originalKey } from "../sources/original.ts";
import { deleteUpload, expireUpload, expireUploads } from "../uploads/delete-upload.ts";
import type { Finding, JanitorReport } from "./contract.ts";
import { inspectStorage, unacknowledgedChunks } from "./inspect-storage.ts";

/**
 * What fails is told with its finding, and does not keep the others from their turn.
 *
 * @param removeOriginals ids of findings with the action `ask`
 * @throws ServiceError `conflict` when one of those is no such finding at this moment, `unavailable` when nobody knows;
 *   then nothing was done
 */
export async function cleanStorage(
  deps: UploadDeps,
  removeOriginals: readonly string[],
  signal: AbortSignal,
): Promise<JanitorReport> {
  const report = await inspectStorage(deps, signal);
  const named = new Set(removeOriginals);
  refuseOthers(report, named);
  const findings: Finding[] = [];
  for (const finding of report.findings) {
    signal.throwIfAborted();
    const isNamed = named.has(finding.upload_id);
    const action = finding.action === "ask" && isNamed ? "remove" : finding.action;
    findings.push(await settled({ ...finding, action }, () => act(deps, { ...finding, action }, isNamed, signal)));
  }
  return { ...report, findings };
}

function refuseOthers({ metadata_available, findings }: JanitorReport, named: Set<string>): void {
  const isOriginal = ({ kind }: Finding) => kind === "original_without_upload" || kind === "original_of_deleted_video";
  const removable = findings.filter((finding) => isOriginal(finding) && finding.action !== "keep");
  const originals = new Set(removable.map((finding) => finding.upload_id));
  const others = [...named].filter((id) => !originals.has(id));
  if (others.length === 0) return;
  if (!metadata_available) {
    throw new ServiceError("unavailable", "Metadata service unavailable: nobody knows whose the named originals are");
  }
  throw new ServiceError(
    "conflict",
    `remove_originals: an upload or a video has ${others.join(", ")}, or there is no such original; GET /upload/janitor ` +
      "lists what may be named. Nothing was removed",
    { details: { upload_ids: others } },
  );
}

async function settled(finding: Finding, work: () => Promise<boolean>): Promise<Finding> {
  try {
    return { ...finding, done: await work() };
  } catch (error) {
    return { ...finding, error: messageOf(error) };
  }
}

/** @returns true when it was done; false when there was nothing to do, or not any more */
async function act(
  deps: UploadDeps,
  { kind, action, upload_id }: Finding,
  isNamed: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  if (action === "forget_chunks") return forgetChunks(deps, upload_id);
  if (action === "forget_upload") return forgetUpload(deps, upload_id);
  if (action !== "remove") return false;
  if (kind === "expired_upload") return expireUpload(deps, upload_id);
  if (kind === "needless_source") return removeSource(deps, upload_id);
  if (kind === "unacknowledged_chunk") return removeUnacknowledged(deps, upload_id);
  return removeOriginal(deps, upload_id, isNamed, signal);
}

async function removeSource({ database, work, sources }: UploadDeps, uploadId: string): Promise<boolean> {
  const isOpen = and(eq(uploads.id, uploadId), inArray(uploads.state, ["receiving", "completing"]));
  if (work.isHeld(uploadId) || database.select().from(uploads).where(isOpen).get()) return false;
  await sources.remove(uploadId);
  return true;
}

async function removeUnacknowledged(deps: UploadDeps, uploadId: string): Promise<boolean> {
  // Each has a name of its own: a chunk that comes meanwhile has another.
  const names = unacknowledgedChunks(deps, uploadId);
  for (const name of names) await deps.sources.removeKept(uploadId, name);
  return names.length > 0;
}

async function forgetChunks(deps: UploadDeps, uploadId: string): Promise<boolean> {
  const { database, sources, work } = deps;
  if ((await sources.exists(uploadId)) || work.isHeld(uploadId)) return false;
  const isOpen = and(eq(uploads.id, uploadId), eq(uploads.state, "receiving"));
  const upload = database.select().from(uploads).where(isOpen).get();
  if (!upload) return false;
  using _visit = work.enter(uploadId);
  if (upload.appendedBytes !== null) database.update(uploads).set({ appendedBytes: 0 }).where(isOpen).run();
  await using _file = await openSource(deps, uploadId);
  return true;
}

async function forgetUpload({ database, store }: UploadDeps, uploadId: string): Promise<boolean> {
  const upload = database.select().from(uploads).where(eq(uploads.id, uploadId)).get();
  if (!upload || (await store.exists(originalKey(upload)))) return false;
  const isAtItsEnd = and(eq(uploads.id, uploadId), inArray(uploads.state, ["handed_over", "refused"]));
  return database.delete(uploads).where(isAtItsEnd).returning().all().length > 0;
}

/**
 * Asked once more of metadata: between the list and this moment somebody may have restored it.
 *
 * @param isNamed whether somebody has said that it may go though nobody knows that it was deleted
 */
async function removeOriginal(
  deps: UploadDeps,
  uploadId: string,
  isNamed: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const { kind } = await lookUpVideo(deps.metadata, uploadId, signal);
  if (kind === "known" || (kind === "unknown" && !isNamed)) return false;
  await deleteUpload(deps, uploadId);
  return true;
}

/** Expiry need not be more punctual than this. */
const expireEverySeconds = 60;
/** By then the other services of a system that starts are there, too. */
const firstAfterSeconds = 10;

/** Goes round every so many seconds until the signal aborts, for the first time soon. */
export async function keepClean(deps: UploadDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  const expireSeconds = Math.min(expireEverySeconds, deps.limits.idleSeconds);
  await Promise.all([
    repeat(() => expireUploads(deps, signal), { everySeconds: expireSeconds, log, signal }),
    repeat(() => goRound(deps, signal), { everySeconds, firstAfterSeconds, log, signal }),
  ]);
}

/** One round: what is found is put in order and told. Also called when metadata is back. */
export async function goRound(deps: UploadDeps, signal: AbortSignal): Promise<void> {
  tell(deps, await cleanStorage(deps, [], signal));
}

/** A line for what was done or failed, and one for all that waits for somebody: those may be many, every hour. */
function tell({ log }: UploadDeps, { findings }: JanitorReport): void {
  for (const { upload_id: uploadId, kind, action, bytes, done, error } of findings) {
    if (done) log.info({ uploadId, kind, action, bytes }, "the janitor put something in order");
    if (error !== null) log.warn({ uploadId, kind, action, reason: error }, "the janitor could not do its work");
  }
  const asked = findings.filter(({ action }) => action === "ask");
  const bytes = asked.reduce((sum, finding) => sum + finding.bytes, 0);
  if (asked.length > 0) {
    log.warn({ originals: asked.length, bytes }, "originals that no video has; see GET /upload/janitor");
  }
}
