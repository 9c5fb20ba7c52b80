/**
 * A player asks for a file that should be there and is not: master, manifest, a playlist, or the poster. It is made again
 * where the plan says that the video has it. Segments are demanded instead.
 */
import type { Plan } from "@video-backend/media";
import { ServiceError } from "@video-backend/service";
import { manifestFile, masterFile, playlistPath, posterFile, streamKey } from "@video-backend/storage/layout";
import { repairVideo } from "../ledger/repair-files.ts";
import type { TranscodingDeps } from "../service.ts";
import { planOf } from "./jobs.ts";

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
export async function restoreFile(deps: TranscodingDeps, videoId: string, path: string): Promise<void> {
  const job = deps.jobs.find(videoId);
  const plan = job && planOf(job);
  if (!plan || !isOfVideo(plan, path)) throw fileNotFound(videoId, path);
  const isThere = () => deps.store.exists(streamKey(videoId, path));
  if (await isThere()) return;
  const isPoster = path === posterFile;
  if (isPoster && wasPosterTried(deps, videoId)) throw fileNotFound(videoId, path);
  const running = deps.engine.running(videoId);
  if (isPoster && running) await running.makePoster();
  else await repairVideo(deps, videoId, isPoster);
  if (await isThere()) return;
  await untilThereOrEnded(deps, videoId, isThere);
  if (await isThere()) return;
  if (!deps.engine.isAtWork(videoId)) throw fileNotFound(videoId, path);
  throw new ServiceError("unavailable", `${path} is not ready yet; ask again`);
}

function isOfVideo(plan: Plan, path: string): boolean {
  if (path === posterFile) return plan.picture !== null;
  if (path === masterFile || path === manifestFile) return true;
  return plan.renditions.some(({ name }) => path === playlistPath(name));
}

function wasPosterTried({ attempts, now }: TranscodingDeps, videoId: string): boolean {
  const last = attempts.list(videoId, 50).find(({ renditions }) => renditions === "poster");
  return last !== undefined && now() - last.startedAt < posterPauseSeconds && last.fault !== null;
}

/** Resolves when the file is there, or the work on the video has ended, or in time. */
function untilThereOrEnded(
  { progress, engine }: TranscodingDeps,
  videoId: string,
  isThere: () => Promise<boolean>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = async () => {
    if ((await isThere()) || !engine.isAtWork(videoId)) resolve();
  };
  const unlisten = progress.listen((changed) => {
    if (changed === videoId) look().catch(reject);
  });
  const timer = setTimeout(resolve, patienceSeconds * 1000);
  look().catch(reject);
  return promise.finally(() => {
    unlisten();
    clearTimeout(timer);
  });
}

function fileNotFound(videoId: string, path: string): ServiceError {
  return new ServiceError("not_found", "File not found", { details: { upload_id: videoId, path } });
}
