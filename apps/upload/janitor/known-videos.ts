/** Which videos metadata has. Asked page by page, since there may be many and each answer is small then. */
import { isServiceError, ServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { UploadDeps } from "../deps.ts";

type Deps = Pick<UploadDeps, "metadata">;

const pageSize = 1000;
const tries = 3;

/**
 * The ids of all videos.
 *
 * @throws ServiceError `unavailable` when metadata is away, or its list does not stand still
 */
export async function knownVideos(deps: Deps, signal: AbortSignal): Promise<Set<string>> {
  for (let times = 1; times <= tries; times++) {
    const { ids, total } = await readPages(deps, signal);
    // A video that is deleted meanwhile moves the next ones up, one of them out of the page that is read next.
    if (ids.size >= total) return ids;
  }
  throw new ServiceError("unavailable", "The list of videos changed each time it was read");
}

async function readPages({ metadata }: Deps, signal: AbortSignal): Promise<{ ids: Set<string>; total: number }> {
  const ids = new Set<string>();
  let total = 0;
  for (let offset = 0; ; offset += pageSize) {
    const query = { limit: String(pageSize), offset: String(offset) };
    const page = await parseResponse(metadata.videos.$get({ query }, { init: { signal } }));
    for (const { hash } of page.videos) ids.add(hash);
    total = Math.max(total, page.total);
    if (page.videos.length < pageSize) return { ids, total };
  }
}

/**
 * Whether metadata has this one at this moment.
 *
 * @throws ServiceError `unavailable`
 */
export async function isKnownVideo({ metadata }: Deps, videoId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await parseResponse(metadata.videos[":hash"].$get({ param: { hash: videoId } }, { init: { signal } }));
    return true;
  } catch (error) {
    if (isServiceError(error, "not_found")) return false;
    throw error;
  }
}
