/**
 * The background loop: takes up every upload whose complete was asked for and not finished, also before a restart; and
 * streams of tus whose last byte is here, which are complete by that and were cut off before anybody acted on it.
 */
import { messageOf, repeat } from "@video-backend/service";
import { and, asc, eq, inArray, isNull, lte, or } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
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
