/** The janitor's rounds, and between them the uploads that expire. */

import { repeat } from "@video-backend/service";
import type { UploadDeps } from "../deps.ts";
import { expireUploads } from "../uploads/expire-upload.ts";
import { cleanStorage } from "./clean-storage.ts";
import type { JanitorReport } from "./contract.ts";

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
