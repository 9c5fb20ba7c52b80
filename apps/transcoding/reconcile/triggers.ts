/** What makes this service look at a video: a task that has settled, rows that have changed, metadata's feed. */
import { followEvents, VideoId } from "@video-backend/service";
import { z } from "zod";
import type { TranscodingDeps } from "../deps.ts";
import { diskRetrySeconds } from "../encoding/disk.ts";

/** Playlists are complete from their first writing on; what follows are measurements, which need not be hurried. */
const playlistSeconds = 1;

type TriggerDeps = Pick<TranscodingDeps, "queue" | "changes" | "work" | "playlists" | "reconciler">;

/** Follows the queue and the changes, until the function that comes back is called. */
export function startTriggers({ queue, changes, work, playlists, reconciler }: TriggerDeps): () => void {
  const unlisten = [
    queue.listen((event) => {
      const { videoId } = event.task;
      changes.tell(videoId, "tasks");
      if (event.kind !== "settled") return;
      // What failed for a reason that is not the video's is added again after a while.
      work.requestWithin(videoId, event.error === null ? 0 : diskRetrySeconds);
    }),
    changes.listen((videoId, change) => {
      if (change === "tasks") return;
      playlists.requestWithin(videoId, playlistSeconds);
      if (change === "job") reconciler.request(`report:${videoId}`);
    }),
  ];
  return () => {
    for (const stop of unlisten) stop();
  };
}

const Told = z.object({ hash: VideoId });

/**
 * Follows metadata's feed. An event is only a hint that a video is to be reconciled: what is to be done about it follows
 * from what metadata says of it then, not from the event, so that one that is lost, old or told twice does no harm.
 * Resolves when the signal has aborted.
 */
export function followFeed(
  { reconciler, jobs, log }: Pick<TranscodingDeps, "reconciler" | "jobs" | "log">,
  eventsUrl: string,
  signal: AbortSignal,
): Promise<void> {
  return followEvents({
    url: eventsUrl,
    signal,
    log,
    onConnect: () => reconciler.request("all"),
    async onEvent({ event, data }) {
      if (event === "reset") return reconciler.request("all");
      const { hash } = Told.parse(JSON.parse(data));
      if (event === "captions.changed") return reconciler.request(`captions:${hash}`);
      // Whoever has registered a video starts it, and may say how.
      if (event === "video.created" && !(await jobs.find(hash))) return;
      reconciler.request(`video:${hash}`);
    },
  });
}
