/** Deletes all that this service has of a video: encoder first, then files, then rows. */
import { streamsKey } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../service.ts";

/** Harmless where there is nothing. Nothing can start on the video before it has resolved, so no folder comes back. */
export async function deleteJob(deps: TranscodingDeps, videoId: string): Promise<void> {
  await deps.engine.end(videoId, async () => {
    await deps.workspace.remove(videoId);
    // After the write in progress, which would create the folder again, and before the next one, which finds no job.
    await deps.writing.take(videoId, async () => {
      await deps.store.remove(streamsKey(videoId));
      deps.jobs.remove(videoId);
    });
    deps.written.delete(videoId);
  });
}
