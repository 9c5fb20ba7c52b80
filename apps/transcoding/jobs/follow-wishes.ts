/**
 * Follows metadata's feed. An event is only a hint that a video is to be reconciled: what is to be done about it follows
 * from what metadata says of it then, not from the event, so that one that is lost, old or told twice does no harm.
 */
import { followEvents, VideoId } from "@video-backend/service";
import { z } from "zod";
import type { TranscodingDeps } from "../service.ts";

const Told = z.object({ hash: VideoId });

/** Resolves when the signal has aborted. */
export function followWishes(deps: TranscodingDeps, eventsUrl: string, signal: AbortSignal): Promise<void> {
  const { reconciler } = deps;
  return followEvents({
    url: eventsUrl,
    signal,
    log: deps.log,
    onConnect: () => reconciler.request("all"),
    onEvent({ event, data }) {
      if (event === "reset") return reconciler.request("all");
      const { hash } = Told.parse(JSON.parse(data));
      if (event === "captions.changed") return reconciler.request(`captions:${hash}`);
      // Whoever has registered a video starts it, and may say how.
      if (event === "video.created" && !deps.jobs.find(hash)) return;
      reconciler.request(`video:${hash}`);
    },
  });
}
