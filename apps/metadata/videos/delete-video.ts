/** Deletes a video and remembers the deletion: each service that owns files of it removes them, at once or later. */
import { messageOf } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import { removeNeedlessMark } from "../visibility/private-marks.ts";
import { videoNotFound } from "./find-video.ts";

/**
 * A private video stays private until its files are removed, which may be later.
 *
 * @throws ServiceError `not_found`
 */
export async function deleteVideo(
  deps: Pick<MetadataDeps, "videos" | "store" | "exclusion" | "log">,
  hash: string,
): Promise<void> {
  using _alone = await deps.exclusion.acquire(hash);
  const deleted = await deps.videos.delete(hash);
  if (!deleted) throw await videoNotFound(deps, hash);
  if (deleted.visibility !== "private") return;
  await removeNeedlessMark(deps, hash).catch((error: unknown) => {
    const line = { hash, reason: messageOf(error) };
    deps.log.warn(line, "the mark of a deleted private video stays until marks are restored");
  });
}
