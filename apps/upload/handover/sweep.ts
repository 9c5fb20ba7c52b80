/**
 * The background loops. One finishes every upload whose complete was requested, also before a restart; and tus streams whose last
 * byte is received, which are complete by that and were interrupted before it was acted on.
 *
 * The other computes the hash of each source, one after another, and tells metadata, which shows identical files. No request
 * waits for it, and a file of many gigabytes takes long, so it is separate.
 */
import { isDatabaseBusy } from "@video-backend/database/busy";
import { isServiceError, messageOf, repeat } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { UploadDeps } from "../deps.ts";
import { type FinishDeps, finishUpload, hashOriginal, tryFinishing } from "../uploads/complete-upload.ts";

const retrySeconds = 60;

/** Tries each upload that is due once. One that fails does not keep the next from being tried. */
export async function sweep(deps: FinishDeps, signal: AbortSignal): Promise<void> {
  for (const id of await deps.uploads.listDue(deps.now())) {
    if (signal.aborted) return;
    using finishing = tryFinishing(deps, id);
    if (!finishing) continue;
    try {
      await finishUpload(deps, id, finishing.signal);
    } catch (error) {
      if (signal.aborted) return;
      deps.log.warn({ uploadId: id, reason: messageOf(error) }, "an upload could not be finished");
      await deps.uploads.update(id, { nextTryAt: deps.now() + retrySeconds });
    }
  }
}

/** Sweeps every so many seconds, until the signal aborts. */
export function keepSweeping(deps: FinishDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  return repeat(() => sweep(deps, signal), { everySeconds, log: deps.log, signal });
}

type HashDeps = Pick<UploadDeps, "uploads" | "store" | "metadata" | "active" | "log">;

/**
 * One whose hash cannot be computed or told is left out until the next start and does not delay the others.
 *
 * @param failed ids that failed before; one that fails now is added
 * @returns true if there was something to do
 */
export async function tellNextHash(deps: HashDeps, failed: Set<string>, signal: AbortSignal): Promise<boolean> {
  const uploadId = await deps.uploads.nextUnhashed([...failed]);
  if (uploadId === null) return false;
  using active = deps.active.enter(uploadId);
  try {
    await tellHash(deps, uploadId, AbortSignal.any([signal, active.signal]));
  } catch (error) {
    if (signal.aborted || active.signal.aborted) return true;
    if (isServiceError(error, "unavailable") || isDatabaseBusy(error)) return false;
    failed.add(uploadId);
    deps.log.warn({ uploadId, reason: messageOf(error) }, "a source could not be hashed");
  }
  return true;
}

async function tellHash(deps: HashDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const json = { sha256: await hashOriginal(deps, uploadId, signal) };
  await parseResponse(deps.metadata.videos[":hash"].$put({ param: { hash: uploadId }, json }, { init: { signal } }));
  await deps.uploads.update(uploadId, { sha256Told: true });
}

/** Looks for sources to hash every so many seconds, until the signal aborts. */
export function keepTellingHashes(deps: HashDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  const failed = new Set<string>();
  const tellAll = async () => {
    while (!signal.aborted && (await tellNextHash(deps, failed, signal)));
  };
  return repeat(tellAll, { everySeconds, log: deps.log, signal });
}
