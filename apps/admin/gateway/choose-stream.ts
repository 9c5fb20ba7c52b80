/** What a client that knows only `/video/{hash}` is to play. */
import { ServiceError } from "@video-backend/service";
import { masterFile, originalsKey, streamKey } from "@video-backend/storage/layout";
import type { AdminDeps } from "../deps.ts";

/**
 * The address of the master, or of the original while there is no master. It is redirected to, not served in place:
 * the master's own addresses are relative, and from `/video/{hash}` they would lead to `/video/720p/...`. Relative
 * itself, so that it holds behind a gateway with a prefix.
 *
 * @throws ServiceError `not_found`: Video not found
 */
export async function chooseStream({ store }: AdminDeps, hash: string): Promise<string> {
  if (await store.exists(streamKey(hash, masterFile))) return `${hash}/${masterFile}`;
  if (await store.exists(originalsKey(hash))) return `${hash}/original`;
  throw new ServiceError("not_found", "Video not found");
}
