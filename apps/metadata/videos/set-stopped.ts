/** Whether the transcoding of a video is to be stopped. Transcoding follows the feed and reconciles with it. */
import type { MetadataDeps } from "../deps.ts";
import { videoNotFound } from "./find-video.ts";

/** @throws ServiceError `not_found` */
export async function setStopped(deps: Pick<MetadataDeps, "videos">, hash: string, isStopped: boolean): Promise<void> {
  if (!(await deps.videos.setStopped(hash, isStopped))) throw await videoNotFound(deps, hash);
}

/** False for an unknown hash. */
export async function isStopped({ videos }: Pick<MetadataDeps, "videos">, hash: string): Promise<boolean> {
  return (await videos.find(hash))?.isStopped ?? false;
}
