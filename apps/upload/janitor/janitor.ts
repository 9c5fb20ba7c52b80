/**
 * The janitor: reports the problems of the storage, and fixes those that lose nothing: sources that were never complete, which
 * their senders still have, rows without a byte, and originals of videos that metadata knows to be deleted. Another original is
 * removed only on request, since databases can be lost, and then it may be the only copy of a film.
 */
import { lookUpVideo } from "@video-backend/metadata/client";
import {
  createReconciler,
  type FollowOptions,
  followEvents,
  messageOf,
  repeat,
  ServiceError,
  VideoId,
} from "@video-backend/service";
import { z } from "zod";
import { deleteUpload, expireUploads } from "../uploads/delete-upload.ts";
import type { Finding, JanitorReport } from "./contract.ts";
import { findProblems, fixProblem, type JanitorDeps, type Problem } from "./find-problems.ts";

/** Changes nothing. */
export async function inspectStorage(deps: JanitorDeps, signal: AbortSignal): Promise<JanitorReport> {
  const { isMetadataAvailable, problems } = await findProblems(deps, signal);
  const findings = problems.map((problem) => findingOf(problem));
  return { metadata_available: isMetadataAvailable, findings };
}

/**
 * A fix that fails is reported with its finding, and does not keep the others from being made.
 *
 * @param removeOriginals ids of findings with the action `ask`
 * @throws ServiceError `conflict` if one of those is no such finding now, `unavailable` if metadata is not available; then
 *   nothing was done
 */
export async function cleanStorage(
  deps: JanitorDeps,
  removeOriginals: readonly string[],
  signal: AbortSignal,
): Promise<JanitorReport> {
  const { isMetadataAvailable, problems } = await findProblems(deps, signal);
  const named = new Set(removeOriginals);
  refuseOthers(problems, named, isMetadataAvailable);
  const findings: Finding[] = [];
  for (const problem of problems) {
    signal.throwIfAborted();
    const isNamed = named.has(problem.upload_id);
    const action = problem.action === "ask" && isNamed ? "remove" : problem.action;
    const finding = { ...findingOf(problem), action };
    findings.push(finding);
    if (action === "ask" || action === "keep") continue;
    try {
      finding.done = await fixProblem(deps, problem, isNamed, signal);
    } catch (error) {
      finding.error = messageOf(error);
    }
  }
  return { metadata_available: isMetadataAvailable, findings };
}

const findingOf = ({ files: _, ...found }: Problem): Finding => ({ ...found, done: false, error: null });

function refuseOthers(problems: readonly Problem[], named: Set<string>, isMetadataAvailable: boolean): void {
  const isOriginal = ({ kind }: Problem) => kind === "original_without_upload" || kind === "original_of_deleted_video";
  const removable = problems.filter((problem) => isOriginal(problem) && problem.action !== "keep");
  const originals = new Set(removable.map((problem) => problem.upload_id));
  const others = [...named].filter((id) => !originals.has(id));
  if (others.length === 0) return;
  if (!isMetadataAvailable) {
    throw new ServiceError("unavailable", "Metadata service unavailable: the named originals cannot be checked");
  }
  throw new ServiceError(
    "conflict",
    `remove_originals: an upload or a video has ${others.join(", ")}, or there is no such original; GET /upload/janitor ` +
      "lists what may be named. Nothing was removed",
    { details: { upload_ids: others } },
  );
}

/** Expiry is not more punctual than this. */
const expireEverySeconds = 60;
/** By then the other services of a system that starts are up, too. */
const firstAfterSeconds = 10;

/** Cleans every so many seconds until the signal aborts, for the first time soon. */
export async function keepClean(deps: JanitorDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  const expireSeconds = Math.min(expireEverySeconds, deps.limits.idleSeconds);
  await Promise.all([
    repeat(() => expireUploads(deps, signal), { everySeconds: expireSeconds, log, signal }),
    repeat(() => cleanAndLog(deps, signal), { everySeconds, firstAfterSeconds, log, signal }),
  ]);
}

/** A line for each fix, and one for all that waits for a person: those may be many, every hour. */
async function cleanAndLog(deps: JanitorDeps, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  const { findings } = await cleanStorage(deps, [], signal);
  for (const { upload_id: uploadId, kind, action, bytes, done, error } of findings) {
    if (done) log.info({ uploadId, kind, action, bytes }, "the janitor fixed a problem");
    if (error !== null) log.warn({ uploadId, kind, action, reason: error }, "the janitor could not fix a problem");
  }
  const asked = findings.filter(({ action }) => action === "ask");
  const bytes = asked.reduce((sum, finding) => sum + finding.bytes, 0);
  if (asked.length > 0) {
    log.warn({ originals: asked.length, bytes }, "originals without a video; see GET /upload/janitor");
  }
}

const Deletion = z.object({ hash: VideoId });

/**
 * Upload owns originals, so it removes those of deleted videos: at once when metadata's feed reports a deletion, and by cleaning
 * everything at every connection of the feed, for what was missed. Resolves when the signal has aborted and nothing is in
 * progress any more.
 */
export async function followDeletions(
  deps: JanitorDeps,
  eventsUrl: string,
  signal: AbortSignal,
  fetch?: FollowOptions["fetch"],
): Promise<void> {
  const { log } = deps;
  const reconciler = createReconciler<`video:${string}` | "all">({
    log,
    reconcile: (key, ended) =>
      key === "all" ? cleanAndLog(deps, ended) : removeIfDeleted(deps, key.slice("video:".length), ended),
  });
  await followEvents({
    url: eventsUrl,
    signal,
    fetch,
    log,
    onConnect: () => reconciler.request("all"),
    onEvent({ event, data }) {
      if (event === "reset") return reconciler.request("all");
      if (event === "video.deleted") reconciler.request(`video:${Deletion.parse(JSON.parse(data)).hash}`);
    },
  });
  await reconciler.close();
}

/** Unless the video was registered again since. */
async function removeIfDeleted(deps: JanitorDeps, videoId: string, signal: AbortSignal): Promise<void> {
  const { kind } = await lookUpVideo(deps.metadata, videoId, signal);
  if (kind !== "deleted") return;
  await deleteUpload(deps, videoId);
  deps.log.info({ uploadId: videoId }, "the upload of a deleted video was removed");
}
