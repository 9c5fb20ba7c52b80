/**
 * A player asks for a file that should be there and is not: master, manifest, a playlist, or the poster. It is made again
 * where the plan says that the video has it. Segments are demanded instead.
 */
import type { Plan } from "@video-backend/media";
import { ServiceError } from "@video-backend/service";
import { manifestFile, masterFile, playlistPath, posterFile, streamKey } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { type RepairDeps, repairVideo } from "../ledger/repair-files.ts";
import type { PublishDeps } from "../playlists/publish.ts";
import { isActive } from "../states.ts";
import { posterTask } from "../tasks/task.ts";

type RestoreDeps = RepairDeps & PublishDeps & Pick<TranscodingDeps, "queue" | "exclusion" | "changes" | "work" | "now">;

/** Players give up after ten seconds. */
const patienceSeconds = 8;
/** A poster that could not be made is not tried again for each viewer. */
const posterPauseSeconds = 60;

/**
 * Resolves when the file is in place.
 *
 * @param path below `hls/{videoId}/`
 * @throws ServiceError `not_found` where the video has no such file; `unavailable` when it is not there in time
 */
export async function restoreFile(deps: RestoreDeps, videoId: string, path: string): Promise<void> {
  const job = await deps.jobs.find(videoId);
  const plan = job?.plan;
  if (!job || !plan || !isOfVideo(plan, path)) throw fileNotFound(videoId, path);
  const isThere = () => deps.store.exists(streamKey(videoId, path));
  if (await isThere()) return;
  const isPoster = path === posterFile;
  if (isPoster && (await wasPosterTried(deps, videoId))) throw fileNotFound(videoId, path);
  if (isPoster && isActive(job.state)) await deps.queue.add(posterTask(videoId));
  else await repairVideo(deps, videoId, isPoster);
  const look = async () => {
    if (await isThere()) return "there";
    return isActive((await deps.jobs.find(videoId))?.state) ? null : "ended";
  };
  const seen = await deps.changes.until(videoId, look, { seconds: patienceSeconds });
  if (seen === "ended") throw fileNotFound(videoId, path);
  if (seen === null) throw new ServiceError("unavailable", `${path} is not ready yet; ask again`);
}

function isOfVideo(plan: Plan, path: string): boolean {
  if (path === posterFile) return plan.video !== null;
  if (path === masterFile || path === manifestFile) return true;
  return plan.renditions.some(({ name }) => path === playlistPath(name));
}

async function wasPosterTried({ attempts, now }: RestoreDeps, videoId: string): Promise<boolean> {
  const last = (await attempts.list(videoId, 50)).find(({ renditions }) => renditions === "poster");
  return last !== undefined && now() - last.startedAt < posterPauseSeconds && last.fault !== null;
}

function fileNotFound(videoId: string, path: string): ServiceError {
  return new ServiceError("not_found", "File not found", { details: { upload_id: videoId, path } });
}
