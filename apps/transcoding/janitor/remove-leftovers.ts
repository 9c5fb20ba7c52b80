/** Does what the inspection found: at every connection to metadata, every so often, and when it is asked for. */
import { messageOf } from "@video-backend/service";
import {
  earlierPlaylistFile,
  isRenditionName,
  parseStreamPath,
  renditionKey,
  streamKey,
  streamsKey,
} from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import type { Finding, JanitorReport } from "./contract.ts";
import {
  areEarlierStreamsDue,
  type InspectDeps,
  inspectStorage,
  isNeedlessWorkspace,
  judgeStreams,
} from "./inspect-storage.ts";

type CleanDeps = InspectDeps & Pick<TranscodingDeps, "exclusion" | "reconciler">;

/** What fails is told with its finding, and does not keep the others from their turn. */
export async function cleanStorage(deps: CleanDeps, signal: AbortSignal): Promise<JanitorReport> {
  const report = await inspectStorage(deps, signal);
  const findings: Finding[] = [];
  for (const finding of report.findings) {
    signal.throwIfAborted();
    try {
      findings.push({ ...finding, done: await act(deps, finding, signal) });
    } catch (error) {
      findings.push({ ...finding, error: messageOf(error) });
    }
  }
  return { ...report, findings };
}

/** @throws Error when something could not be done or judged, so that it is tried again */
export async function removeLeftovers(
  deps: CleanDeps & Pick<TranscodingDeps, "log">,
  signal: AbortSignal,
): Promise<void> {
  const { metadata_available, findings } = await cleanStorage(deps, signal);
  for (const { upload_id: videoId, kind, action, done, why, error } of findings) {
    if (done) deps.log.info({ videoId, kind, action, why }, "the janitor put something in order");
    if (error !== null) deps.log.warn({ videoId, kind, action, reason: error }, "the janitor could not do its work");
  }
  const kept = findings.filter(({ action }) => action === "keep").length;
  if (kept > 0) deps.log.warn({ streams: kept }, "streams that no job has are kept; see GET /transcode/janitor");
  if (!metadata_available) throw new Error("Metadata does not say whose some streams are");
  if (findings.some(({ error }) => error !== null)) throw new Error("Some leftovers could not be removed");
}

/** @returns true when it was done; false when there was nothing to do, or not any more */
async function act(deps: CleanDeps, finding: Finding, signal: AbortSignal): Promise<boolean> {
  const { kind, action, upload_id: videoId } = finding;
  if (action === "keep") return false;
  if (kind === "needless_workspace") return removeWorkspace(deps, videoId);
  if (kind === "earlier_streams") return removeEarlierStreams(deps, videoId);
  const { action: now } = await judgeStreams(deps, videoId, signal);
  if (now !== action) return false;
  if (action === "start") {
    deps.reconciler.request(`video:${videoId}`);
    return true;
  }
  return removeStreams(deps, videoId);
}

async function removeWorkspace(deps: CleanDeps, videoId: string): Promise<boolean> {
  using _ = await deps.exclusion.acquire(videoId);
  if (!(await isNeedlessWorkspace(deps, videoId))) return false;
  await deps.workspace.remove(videoId);
  return true;
}

async function removeEarlierStreams(deps: CleanDeps, videoId: string): Promise<boolean> {
  const { exclusion, store, jobs } = deps;
  using _ = await exclusion.acquire(videoId);
  if (!(await areEarlierStreamsDue(deps, videoId))) return false;
  const made = new Set((await jobs.find(videoId))?.plan?.renditions.map(({ name }) => name));
  for (const folder of (await store.list(streamsKey(videoId))).filter(isRenditionName)) {
    const names = await store.list(renditionKey(videoId, folder));
    const earlier = names.filter((name) => parseStreamPath(`${folder}/${name}`)?.kind === "earlier");
    for (const name of earlier) await store.remove(streamKey(videoId, `${folder}/${name}`));
    // A quality that is made no more.
    if (earlier.length > 0 && !made.has(folder)) await store.remove(renditionKey(videoId, folder));
  }
  await store.remove(streamKey(videoId, earlierPlaylistFile));
  return true;
}

async function removeStreams(deps: CleanDeps, videoId: string): Promise<boolean> {
  using _ = await deps.exclusion.acquire(videoId);
  if (await deps.jobs.find(videoId)) return false;
  await deps.store.remove(streamsKey(videoId));
  return true;
}
