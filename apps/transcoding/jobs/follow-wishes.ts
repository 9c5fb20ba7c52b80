/**
 * Follows metadata's feed: a video that somebody stopped there is stopped here, one that is resumed goes on, one that is
 * deleted disappears; captions that somebody gave one there, or took away, and what it is called are published here. At every
 * connection all jobs are compared once, for what was missed.
 */
import { followEvents, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import { z } from "zod";
import type { TranscodingDeps } from "../service.ts";
import { compareCaptions } from "../subtitles/compare-captions.ts";
import { matchCaptions } from "../subtitles/match-captions.ts";
import { compareTitles } from "../titles/compare-titles.ts";
import { matchTitle } from "../titles/match-title.ts";
import { deleteJob } from "./delete-job.ts";
import { activeStates } from "./job-states.ts";
import { requeue } from "./start-job.ts";
import { stopJob } from "./stop-job.ts";

const Told = z.object({ hash: z.string(), stopped: z.number().optional(), title: z.string().nullish() });

/** Resolves when the signal has aborted. */
export function followWishes(deps: TranscodingDeps, eventsUrl: string, signal: AbortSignal): Promise<void> {
  return followEvents({
    url: eventsUrl,
    signal,
    log: deps.log,
    onConnect: () => compareAll(deps),
    async onEvent({ event, data }) {
      if (event === "reset") return compareAll(deps);
      const told = Told.safeParse(JSON.parse(data));
      if (!told.success) return;
      const { hash, stopped, title } = told.data;
      if (event === "captions.changed") await matchCaptions(deps, hash);
      else if (event === "video.deleted") await deleteJob(deps, hash);
      else if (stopped !== undefined) await obey(deps, hash, stopped === 1);
      const job = deps.jobs.find(hash);
      if (job && title !== undefined && title !== job.title) await matchTitle(deps, hash);
    },
  });
}

/** Brings a job in line with what metadata says of its video. */
export async function obey(deps: TranscodingDeps, videoId: string, stopped: boolean): Promise<void> {
  const job = deps.jobs.find(videoId);
  if (!job) return;
  if (stopped && activeStates.some((state) => state === job.state)) await stopJob(deps, videoId, "wish");
  if (!stopped && job.state === "stopped" && job.stoppedByWish === 1) {
    requeue(deps, videoId);
    deps.engine.begin(videoId);
  }
}

async function compareAll(deps: TranscodingDeps): Promise<void> {
  for (const { videoId } of deps.jobs.inStates(["queued", "running", "stopped"])) {
    try {
      const { stopped } = await parseResponse(deps.metadata.videos[":hash"].stopped.$get({ param: { hash: videoId } }));
      await obey(deps, videoId, stopped);
    } catch (error) {
      deps.log.warn({ videoId, reason: messageOf(error) }, "a video could not be compared with metadata");
    }
  }
  await compareCaptions(deps);
  await compareTitles(deps);
}
