/**
 * Files that plan and ledger say are there and that are not on the disk: after a power cut that took bytes and left their
 * row, or because somebody removed them. A segment whose file, or whose init segment, is gone loses its row, and is made
 * again like any other that is missing; playlists are written again.
 */
import { type Plan, plannedSeconds, plannedStartSeconds, repeatsAtBoundaries } from "@video-backend/media";
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
import type { JobRow, SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { requeue } from "../jobs/start-job.ts";
import { type PublishDeps, publishPlaylists } from "../playlists/publish.ts";

export type RepairDeps = Pick<TranscodingDeps, "ledger" | "store" | "log">;

/**
 * Takes the rows of segments out of the ledger whose files are not whole on the disk.
 *
 * @returns how many
 */
export async function forgetLostSegments({ ledger, store, log }: RepairDeps, videoId: string): Promise<number> {
  const made = (await ledger.list(videoId)).filter((segment) => segment.bytes > 0);
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

/** Of time bases, in seconds. */
const roundingSeconds = 0.005;

/**
 * Takes the rows of video segments out of the ledger that do not begin and end on the grid although the plan has every frame
 * shown until the next one: versions before held no frame over a boundary.
 */
export async function forgetHoles({ ledger, log }: RepairDeps, videoId: string, plan: Plan): Promise<void> {
  if (!plan.video || !repeatsAtBoundaries(plan.video)) return;
  const segments = await ledger.segments(videoId);
  for (const rendition of plan.renditions.filter(({ kind }) => kind === "video")) {
    const isOff = ({
      index,
      startSeconds,
      durationSeconds,
    }: Pick<SegmentRow, "index" | "startSeconds" | "durationSeconds">) =>
      Math.abs(startSeconds - plannedStartSeconds(plan, rendition, index)) > roundingSeconds ||
      Math.abs(durationSeconds - plannedSeconds(plan, rendition, index)) > roundingSeconds;
    const holes = segments
      .of(rendition.name)
      .rows()
      .filter(isOff)
      .map(({ index }) => index);
    if (holes.length === 0) continue;
    log.info({ videoId, rendition: rendition.name, segments: holes.length }, "segments with holes are made again");
    await ledger.forget(videoId, rendition.name, holes);
  }
}

/** True where the segment's file, and every init segment of its rendition, is there. */
export async function isSegmentThere(
  { ledger, store }: Pick<RepairDeps, "ledger" | "store">,
  videoId: string,
  rendition: string,
  index: number,
): Promise<boolean> {
  const made = (await ledger.segments(videoId)).of(rendition);
  const isEmpty = !made.find(index)?.bytes;
  const names = [...made.inits, ...(isEmpty ? [] : [segmentFile(index)])];
  for (const name of names) if (!(await store.exists(`${renditionKey(videoId, rendition)}/${name}`))) return false;
  return true;
}

/**
 * Brings the files of one video in line with plan and ledger; what has to be encoded is made by its job.
 *
 * @param wantsPoster whether a missing poster is worth another run of a finished job: there are videos of which none can
 *   be made
 * @returns how many segments were lost
 */
export async function repairVideo(
  deps: RepairDeps & PublishDeps & Pick<TranscodingDeps, "exclusion" | "changes" | "work">,
  videoId: string,
  wantsPoster = false,
): Promise<number> {
  using _ = await deps.exclusion.acquire(videoId);
  const job = await deps.jobs.find(videoId);
  const plan = job?.plan ?? null;
  if (!job || !plan) return 0;
  const canBeMade = await deps.store.exists(originalKey(videoId, job.filename));
  // Without its source a segment cannot come back, and what is there is best left as it is.
  const lost = canBeMade ? await forgetLostSegments(deps, videoId) : 0;
  if (lost > 0) await deps.store.remove(finishedKey(videoId));
  const isPosterLost = wantsPoster && job.state === "ok" && !(await deps.store.exists(streamKey(videoId, posterFile)));
  const isToBeMade = canBeMade && (lost > 0 || isPosterLost);
  // One that somebody stopped stays stopped.
  if (isToBeMade && (job.state === "ok" || job.state === "error")) await requeue(deps, videoId);
  else if (isToBeMade) deps.work.request(videoId);
  if (lost > 0 || !(await arePlaylistsThere(deps, videoId, plan))) {
    deps.published.delete(videoId);
    await publishPlaylists(deps, videoId);
  }
  if (job.state === "ok" && !isToBeMade) await restoreMark(deps, job);
  return lost;
}

async function restoreMark({ store }: Pick<RepairDeps, "store">, { videoId, finishedAt }: JobRow): Promise<void> {
  if (await store.exists(finishedKey(videoId))) return;
  await store.put(finishedKey(videoId), JSON.stringify({ finished_at: finishedAt }));
}

async function arePlaylistsThere(
  { store, ledger }: Pick<RepairDeps, "store" | "ledger">,
  videoId: string,
  plan: Plan,
): Promise<boolean> {
  const segments = await ledger.segments(videoId);
  const wanted = plan.renditions
    .filter(({ name }) => segments.of(name).count > 0)
    .map(({ name }) => playlistPath(name));
  for (const name of [masterFile, ...wanted]) if (!(await store.exists(streamKey(videoId, name)))) return false;
  return true;
}
