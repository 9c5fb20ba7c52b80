/** Finds the file that was uploaded. Its name is the uploader's own, and metadata is the one that knows it. */
import { ServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import { type Asset, findAsset } from "../assets/find-asset.ts";
import type { StreamingDeps } from "../service.ts";

/** Any one name: no separator, no control character, not hidden. Wider than `FileName`, since people name these. */
const originalName = /^[^/\\\p{Cc}.][^/\\\p{Cc}]{0,254}$/u;

const absent = "Original file not found";

/** @throws ServiceError `not_found`: Video not found, Original file not found; `unavailable` without metadata */
export async function findOriginal({ store, metadata }: StreamingDeps, videoId: string): Promise<Asset> {
  const { filename } = await parseResponse(metadata.videos[":hash"].$get({ param: { hash: videoId } }));
  if (!originalName.test(filename)) throw new ServiceError("not_found", absent);
  return findAsset({ store }, `originals/${videoId}/${filename}`, absent);
}
