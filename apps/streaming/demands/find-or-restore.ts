/** A playlist, the manifest or the poster: as it is on the disk, and made again where it is gone from there. */
import { isServiceError, ServiceError } from "@video-backend/service";
import { originalsKey, parseStreamPath, streamKey, streamsKey } from "@video-backend/storage/layout";
import type { Asset } from "../assets/asset.ts";
import type { StreamingDeps } from "../deps.ts";

/** What transcoding can make again in a moment; of all else it is not asked. */
const restorable = ["master", "manifest", "poster", "playlist"];

/**
 * @param path below `hls/{id}/`
 * @throws ServiceError `not_found` with the sentence `absent`
 */
export async function findOrRestore(deps: StreamingDeps, id: string, path: string, absent: string): Promise<Asset> {
  const key = streamKey(id, path);
  const there = (await deps.assets.find(key)) ?? ((await restore(deps, id, path)) ? await deps.assets.find(key) : null);
  if (!there) throw new ServiceError("not_found", absent);
  return there;
}

/** Of ids that have nothing in the storage nobody is asked, so that guesses at ids cost nothing. */
async function restore({ store, demands }: StreamingDeps, id: string, path: string): Promise<boolean> {
  if (!restorable.includes(parseStreamPath(path)?.kind ?? "")) return false;
  if (!(await store.exists(streamsKey(id))) && !(await store.exists(originalsKey(id)))) return false;
  try {
    await demands.restore(id, path);
    return true;
  } catch (error) {
    // Transcoding has no such file, or is away: what is not there is not there.
    if (isServiceError(error, "not_found") || isServiceError(error, "unavailable")) return false;
    throw error;
  }
}
