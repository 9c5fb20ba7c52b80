/** Deletes all that this service has of a video: encoder first, then files, then rows. */
import type { TranscodingDeps } from "../service.ts";

/** Harmless where there is nothing. Nothing can begin on the video before it has resolved, so no folder comes back. */
export async function deleteJob(deps: TranscodingDeps, videoId: string): Promise<void> {
  await deps.engine.end(videoId, async () => {
    deps.jobs.remove(videoId);
    await deps.workspace.remove(videoId);
    // Behind whatever is being written at this moment, which would make the folder anew.
    await deps.writing.take(videoId, () => deps.store.remove(`hls/${videoId}`));
    deps.written.delete(videoId);
  });
}
