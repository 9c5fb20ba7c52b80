/**
 * Files that plan and ledger say are there and that are not on the disk: after a power cut that took bytes and left their
 * row, or because somebody removed them. A segment whose file, or whose init segment, is gone loses its row, and is made
 * again like any other that is missing; playlists are written again.
 */
import {
  finishedKey,
  masterFile,
  originalKey,
  playlistPath,
  posterFile,
  renditionKey,
  segmentFile,
  streamKey,
} from "@video-backend/storage/layout";
import type { EngineDeps } from "../engine/engine.ts";
import { publishPlaylists } from "../engine/publish-playlists.ts";
import { activeStates } from "../jobs/job-states.ts";
import { planOf } from "../jobs/jobs.ts";
import { requeue } from "../jobs/start-job.ts";
import type { TranscodingDeps } from "../service.ts";

/**
 * Takes the rows of segments out of the ledger whose files are not whole on the disk.
 *
 * @returns how many
 */
export async function forgetLostSegments({ ledger, store, log }: EngineDeps, videoId: string): Promise<number> {
  const made = ledger.list(videoId).filter((segment) => segment.bytes > 0);
  let lost = 0;
  for (const [rendition, segments] of Map.groupBy(made, (segment) => segment.rendition)) {
    const folder = renditionKey(videoId, rendition);
    const names = new Set(await store.list(folder));
    const gone: number[] = [];
    for (const { index, init, bytes } of segments) {
      const isListed = names.has(segmentFile(index)) && names.has(init);
      const stored = isListed ? await store.open(`${folder}/${segmentFile(index)}`) : null;
      if (stored?.sizeBytes !== bytes) gone.push(index);
    }
    if (gone.length === 0) continue;
    lost += gone.length;
    log.warn({ videoId, rendition, segments: gone.length, first: gone[0] }, "segments are lost; they are made again");
    await ledger.forget(videoId, rendition, gone);
  }
  return lost;
}

/** True where the segment's file, and every init segment of its rendition, is there. */
export async function isSegmentThere(
  { ledger, store }: EngineDeps,
  videoId: string,
  rendition: string,
  index: number,
): Promise<boolean> {
  const names = new Set(await store.list(renditionKey(videoId, rendition)));
  const made = ledger.list(videoId).filter((segment) => segment.rendition === rendition && segment.bytes > 0);
  const isEmpty = !made.some((segment) => segment.index === index);
  return (isEmpty || names.has(segmentFile(index))) && made.every(({ init }) => names.has(init));
}

/**
 * Brings the files of one video in line with plan and ledger; what has to be encoded is made by its job.
 *
 * @param wantsPoster whether a missing poster is worth another run of a finished job: there are videos of which none can
 *   be made
 */
export async function repairVideo(deps: TranscodingDeps, videoId: string, wantsPoster = false): Promise<void> {
  const job = deps.jobs.find(videoId);
  const plan = job && planOf(job);
  if (!job || !plan) return;
  const canBeMade = await deps.store.exists(originalKey(videoId, job.filename));
  // Without its source a segment cannot come back, and what is there is best left as it is.
  const lost = canBeMade ? await forgetLostSegments(deps, videoId) : 0;
  if (lost > 0) await deps.store.remove(finishedKey(videoId));
  const isPosterLost = wantsPoster && job.state === "ok" && !(await deps.store.exists(streamKey(videoId, posterFile)));
  if (canBeMade && (lost > 0 || isPosterLost)) makeAgain(deps, videoId);
  // A job that is about to begin writes them itself, for what is to be made too.
  const isActive = activeStates.some((state) => state === deps.jobs.find(videoId)?.state);
  if (isActive && !deps.engine.running(videoId)) return;
  if (lost > 0 || !(await arePlaylistsThere(deps, videoId, plan))) {
    const written = deps.written.get(videoId) ?? { state: "ended" as const, encoder: "" };
    await publishPlaylists(deps, videoId, plan, written);
  }
}

async function arePlaylistsThere(
  { store, ledger }: TranscodingDeps,
  videoId: string,
  plan: NonNullable<ReturnType<typeof planOf>>,
): Promise<boolean> {
  const made = new Set(ledger.list(videoId).map((segment) => segment.rendition));
  const wanted = plan.renditions.filter(({ name }) => made.has(name)).map(({ name }) => playlistPath(name));
  for (const name of [masterFile, ...wanted]) if (!(await store.exists(streamKey(videoId, name)))) return false;
  return true;
}

/** A finished or failed job goes on with what its ledger lacks. One that somebody stopped stays stopped. */
function makeAgain(deps: TranscodingDeps, videoId: string): void {
  const state = deps.jobs.find(videoId)?.state;
  if (deps.engine.isAtWork(videoId) || (state !== "ok" && state !== "error")) return;
  requeue(deps, videoId);
  deps.engine.begin(videoId);
}
