/**
 * Finds the file that was uploaded. Its name is the uploader's own, and metadata is the one that knows it. The name of a
 * video's original never changes, so it is remembered: a player that reads an original range by range makes metadata
 * answer once. Whether the file is there is asked of the store each time.
 */
import { ServiceError } from "@video-backend/service";
import { originalKey, originalNameProblem } from "@video-backend/storage/layout";
import { parseResponse } from "hono/client";
import { LRUCache } from "lru-cache";
import type { Asset } from "../assets/asset.ts";
import type { RememberedNames, StreamingDeps } from "../deps.ts";

export interface Original {
  asset: Asset;
  filename: string;
}

/** Metadata may forget a video whose files stay; then we do too, after a while. */
const rememberedMilliseconds = 30_000;

export const createRememberedNames = (): RememberedNames => new LRUCache({ max: 10_000, ttl: rememberedMilliseconds });

const absent = () => new ServiceError("not_found", "Original file not found");

type Deps = Pick<StreamingDeps, "assets" | "metadata" | "originalNames">;

/** @throws ServiceError `not_found`: Video not found, Original file not found; `unavailable` without metadata */
export async function findOriginal(deps: Deps, videoId: string): Promise<Original> {
  const remembered = deps.originalNames.get(videoId);
  const known = remembered ? await fileNamed(deps, videoId, remembered) : null;
  if (known) return known;
  const { filename } = await parseResponse(deps.metadata.videos[":hash"].$get({ param: { hash: videoId } }));
  if (originalNameProblem(filename) !== null) throw absent();
  const found = await fileNamed(deps, videoId, filename);
  if (!found) throw absent();
  deps.originalNames.set(videoId, filename);
  return found;
}

async function fileNamed({ assets }: Deps, videoId: string, filename: string): Promise<Original | null> {
  const asset = await assets.find(originalKey(videoId, filename));
  return asset && { asset, filename };
}
