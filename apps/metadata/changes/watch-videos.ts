/** The feed as server-sent events: what changed, with the video, or its captions, as they are now. */
import { isServiceError, type ServerEvent } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { Captions } from "../captions/contract.ts";
import { listCaptions } from "../captions/list-captions.ts";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { presentVideo } from "../videos/present-video.ts";
import { videoColumns } from "../videos/video-columns.ts";

/** A video that is gone by the time its change is told is told as deleted soon after; its change is left out. */
export async function* watchVideos(
  deps: MetadataDeps,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of deps.changes.follow(after, signal)) {
    const id = String(change.sequence);
    if (change.kind === "reset") {
      yield { id, event: change.kind, data: {} };
      continue;
    }
    if (change.kind === "video.deleted") {
      yield { id, event: change.kind, data: { hash: change.hash } };
      continue;
    }
    if (change.kind === "captions.changed") {
      const captions = captionsOf(deps, change.hash);
      if (captions) yield { id, event: change.kind, data: { hash: change.hash, captions } };
      continue;
    }
    const row = deps.database.select(videoColumns).from(videos).where(eq(videos.hash, change.hash)).get();
    if (row) yield { id, event: change.kind, data: presentVideo(row) };
  }
}

/** Null where the video is gone. */
function captionsOf({ database }: MetadataDeps, hash: string): Captions[] | null {
  try {
    return listCaptions(database, hash);
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    throw error;
  }
}
