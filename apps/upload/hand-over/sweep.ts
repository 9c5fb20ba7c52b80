/**
 * The background loops. One takes up every upload whose complete was asked for and not finished, also before a restart; and
 * streams of tus whose last byte is here, which are complete by that and were cut off before anybody acted on it.
 *
 * The other reads each source that nobody has hashed, one after another, and tells metadata, which shows identical files.
 * Nobody waits for it, and a file of many gigabytes takes its time, so it is apart.
 */

import { isDatabaseBusy } from "@video-backend/database";
import { isServiceError, messageOf, repeat } from "@video-backend/service";
import { and, asc, eq, inArray, isNull, lte, notInArray, or } from "drizzle-orm";
import { parseResponse } from "hono/client";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { hashOriginal } from "../sources/original.ts";
import { finishUpload, inTurn, isInTurn } from "../uploads/complete-upload.ts";
import { unfinishedStates } from "../uploads/state.ts";

const retrySeconds = 60;

/** Tries once each upload that is due. One that fails does not keep the next from its turn. */
export async function sweep(deps: UploadDeps, signal: AbortSignal): Promise<void> {
  const isUnfinished = inArray(uploads.state, unfinishedStates);
  const isFilled = and(
    eq(uploads.state, "receiving"),
    eq(uploads.appendedBytes, uploads.fileSizeBytes),
    isNull(uploads.sourceUrl),
  );
  const due = deps.database
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(or(isUnfinished, isFilled), lte(uploads.nextTryAt, deps.now())))
    .orderBy(asc(uploads.nextTryAt))
    .all();
  for (const { id } of due) {
    if (signal.aborted) return;
    if (isInTurn(deps, id)) continue;
    try {
      await inTurn(deps, id, (ended) => finishUpload(deps, id, ended));
    } catch (error) {
      if (signal.aborted) return;
      deps.log.warn({ uploadId: id, reason: messageOf(error) }, "an upload could not be finished");
      const nextTryAt = deps.now() + retrySeconds;
      deps.database.update(uploads).set({ nextTryAt }).where(eq(uploads.id, id)).run();
    }
  }
}

/** Sweeps now and then every so many seconds, until the signal aborts. */
export function keepSweeping(deps: UploadDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  return repeat(() => sweep(deps, signal), { everySeconds, log: deps.log, signal });
}

/** Metadata knows the video from here on. */
const knownStates = ["registered", "handed_over"] as const;

/**
 * Hashes and tells what is untold; one that fails is left alone until the next start and does not keep the others back.
 *
 * @param failed ids that failed before; one that fails now is added
 * @returns true when there was something to do
 */
export async function tellNextHash(deps: UploadDeps, failed: Set<string>, signal: AbortSignal): Promise<boolean> {
  const isUntold = and(eq(uploads.sha256Told, false), inArray(uploads.state, [...knownStates]));
  const next = deps.database
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isUntold, notInArray(uploads.id, [...failed])))
    .orderBy(asc(uploads.createdAt))
    .get();
  if (!next) return false;
  using visit = deps.work.enter(next.id);
  try {
    await tellHash(deps, next.id, AbortSignal.any([signal, visit.signal]));
  } catch (error) {
    if (signal.aborted || visit.signal.aborted) return true;
    if (isServiceError(error, "unavailable") || isDatabaseBusy(error)) return false;
    failed.add(next.id);
    deps.log.warn({ uploadId: next.id, reason: messageOf(error) }, "a source could not be hashed");
  }
  return true;
}

async function tellHash(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const json = { sha256: await hashOriginal(deps, uploadId, signal) };
  await parseResponse(deps.metadata.videos[":hash"].$put({ param: { hash: uploadId }, json }, { init: { signal } }));
  deps.database.update(uploads).set({ sha256Told: true }).where(eq(uploads.id, uploadId)).run();
}

/** Looks for what is untold every so many seconds, until the signal aborts. */
export function keepTellingHashes(deps: UploadDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  const failed = new Set<string>();
  const tellAll = async () => {
    while (!signal.aborted && (await tellNextHash(deps, failed, signal)));
  };
  return repeat(tellAll, { everySeconds, log: deps.log, signal });
}
