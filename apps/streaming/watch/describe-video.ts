/**
 * What a page says of a video, to whoever asks for it by what token. All of it but whether the video can be played is best
 * effort: a finished video plays without metadata, and then has no title.
 */
import type { Video } from "@video-backend/metadata/client";
import { isServiceError, messageOf, ServiceError } from "@video-backend/service";
import { masterFile, posterFile, streamKey } from "@video-backend/storage/layout";
import { parseResponse } from "hono/client";
import { imageSize } from "image-size";
import { checkAccess } from "../access/check-access.ts";
import type { AccessDeps, StreamingDeps } from "../deps.ts";
import { parseMaster } from "../playlists/parse-master.ts";
import type { Watched } from "./addresses.ts";

export interface WatchedVideo {
  videoId: string;
  /** The title somebody gave it, else the name of its file without the ending. */
  title: string | null;
  description: string | null;
  /** Pixels of the picture; of no known one, those of a usual picture. */
  size: Size;
  /** Pixels of its poster; null while there is none. */
  poster: Size | null;
}

export interface Size {
  width: number;
  height: number;
}

const usualSize: Size = { width: 1280, height: 720 };
/** A viewer does not wait longer than this for a title. */
const metadataMilliseconds = 2000;

type Deps = Pick<StreamingDeps, "store" | "metadata" | "log"> & AccessDeps;

/**
 * @throws ServiceError `forbidden` for a private video without a valid token; `not_found`: nobody knows it, or it cannot be
 *   played; `unavailable`: no streams, and no metadata
 */
export async function describeVideo(deps: Deps, watched: Watched): Promise<WatchedVideo> {
  await checkAccess(deps, watched);
  const { videoId } = watched;
  const master = await deps.store.open(streamKey(videoId, masterFile));
  const video = await findVideo(deps, videoId, master !== null);
  if (!master && !video) throw new ServiceError("not_found", "Video not found");
  if (!master && video?.transcoding_status === "failed") {
    throw new ServiceError("not_found", "This video could not be made playable");
  }
  return {
    videoId,
    title: video ? (video.title ?? video.filename.replace(/(?<=.)\.\w{1,5}$/, "")) : null,
    description: video?.description ?? null,
    size: (master && largestPicture(await master.blob.text())) ?? usualSize,
    poster: await posterSize(deps, videoId),
  };
}

/** Null for an unknown video, and for one that metadata cannot be asked about but that plays anyway. */
async function findVideo({ metadata, log }: Deps, videoId: string, playable: boolean): Promise<Video | null> {
  const init = { signal: AbortSignal.timeout(metadataMilliseconds) };
  try {
    return await parseResponse(metadata.videos[":hash"].$get({ param: { hash: videoId } }, { init }));
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    if (!playable) throw new ServiceError("unavailable", "Metadata service unavailable", { cause: error });
    log.warn({ videoId, reason: messageOf(error) }, "page made without metadata");
    return null;
  }
}

/** Null for audio alone. */
function largestPicture(masterText: string): Size | null {
  const sizes = parseMaster(masterText).map(({ resolution }) => {
    const [width = 0, height = 0] = resolution?.split("x").map(Number) ?? [];
    return { width, height };
  });
  const [largest] = sizes.filter(({ height }) => height > 0).sort((a, b) => b.height - a.height);
  return largest ?? null;
}

async function posterSize({ store, log }: Deps, videoId: string): Promise<Size | null> {
  const poster = await store.open(streamKey(videoId, posterFile));
  if (!poster) return null;
  try {
    const { width, height } = imageSize(new Uint8Array(await poster.blob.arrayBuffer()));
    return { width, height };
  } catch (error) {
    log.warn({ videoId, reason: messageOf(error) }, "poster that cannot be read");
    return null;
  }
}
