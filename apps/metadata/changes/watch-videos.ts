/** The feed as server-sent events: each change with the video, or its captions, as they are now. */
import type { ServerEvent } from "@video-backend/service";
import { presentCaptions } from "../captions/captions.ts";
import type { MetadataDeps } from "../deps.ts";
import { presentVideo } from "../videos/present-video.ts";
import { followChanges } from "./change-feed.ts";

/** A change of a video that has been deleted since is left out; its deletion follows. */
export async function* watchVideos(
  deps: Pick<MetadataDeps, "videos" | "captions" | "changes">,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of followChanges(deps, after, signal)) {
    const { kind } = change;
    const data = kind === "reset" ? {} : await dataOf(deps, kind, change.hash);
    if (data) yield { id: String(change.sequence), event: kind, data };
  }
}

/** Null if the video has been deleted since. */
async function dataOf(
  { videos, captions }: Pick<MetadataDeps, "videos" | "captions">,
  kind: string,
  hash: string,
): Promise<object | null> {
  if (kind === "video.deleted") return { hash };
  const video = await videos.find(hash);
  if (!video) return null;
  return kind === "captions.changed"
    ? { hash, captions: (await captions.list(hash)).map(presentCaptions) }
    : presentVideo(video);
}
