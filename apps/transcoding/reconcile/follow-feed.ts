/** Follows metadata's feed: what it tells of makes this service look at a video. */
import { type FollowOptions, followEvents, VideoId } from "@video-backend/service";
import { z } from "zod";
import type { TranscodingDeps } from "../deps.ts";

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
  fetch?: FollowOptions["fetch"],
): Promise<void> {
  return followEvents({
    url: eventsUrl,
    signal,
    fetch,
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
