/**
 * What can be played of a video: the renditions, as its master lists them, and the original, as metadata knows it. A
 * finished video needs no metadata to play, so while metadata is away the renditions are still told, without original.
 */
import type { Video } from "@video-backend/metadata/client";
import { isServiceError, messageOf, ServiceError } from "@video-backend/service";
import { manifestFile, masterFile, originalsKey, streamKey } from "@video-backend/storage/layout";
import { parseResponse } from "hono/client";
import type { Qualities } from "../contract.ts";
import type { StreamingDeps } from "../deps.ts";
import { parseMaster } from "./parse-master.ts";

/** @throws ServiceError `not_found`: neither a master nor metadata knows it; `unavailable`: no master, nor metadata */
export async function listQualities(deps: StreamingDeps, videoId: string): Promise<Qualities> {
  const master = await deps.store.open(streamKey(videoId, masterFile));
  const video = await findVideo(deps, videoId, master !== null);
  if (!master && !video) throw new ServiceError("not_found", "Video not found");

  const qualities: Qualities["qualities"] = {};
  for (const variant of master ? parseMaster(await master.blob.text()) : []) {
    qualities[variant.name] = {
      playlist: variant.playlist,
      resolution: variant.resolution,
      bandwidth: variant.bandwidth,
      average_bandwidth: variant.averageBandwidth,
    };
  }
  const original = {
    resolution: video?.original_resolution ?? null,
    quality_label: video?.original_quality_label ?? null,
  };
  if (video && (await deps.store.exists(originalsKey(videoId)))) {
    qualities.original = { file: video.filename, ...original };
  }
  return {
    master: master ? masterFile : null,
    manifest: (await deps.store.exists(streamKey(videoId, manifestFile))) ? manifestFile : null,
    qualities,
    available: Object.keys(qualities),
    original_quality_label: original.quality_label,
    original_resolution: original.resolution,
  };
}

/** Null for an unknown video, and for one that metadata cannot be asked about but that plays anyway. */
async function findVideo({ metadata, log }: StreamingDeps, videoId: string, playable: boolean): Promise<Video | null> {
  try {
    return await parseResponse(metadata.videos[":hash"].$get({ param: { hash: videoId } }));
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    if (!playable || !isServiceError(error, "unavailable")) throw error;
    log.warn({ videoId, reason: messageOf(error) }, "qualities told without the original");
    return null;
  }
}
