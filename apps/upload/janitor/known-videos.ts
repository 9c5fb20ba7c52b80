/** Which videos metadata has. Asked page by page, since there may be many and each answer is small then. */
import { readAllVideos } from "@video-backend/metadata/client";
import type { UploadDeps } from "../deps.ts";

/**
 * The ids of all videos.
 *
 * @throws ServiceError `unavailable` when metadata is away, or its list does not stand still
 */
export const knownVideos = ({ metadata }: Pick<UploadDeps, "metadata">, signal: AbortSignal): Promise<Set<string>> =>
  readAllVideos(metadata, signal);
