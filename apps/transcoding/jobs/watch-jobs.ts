/** Progress as an event stream: the status of a video whenever it has changed, at most four times a second. */
import type { ServerEvent } from "@video-backend/service";
import { describeJob } from "./describe-job.ts";

const leastMilliseconds = 250;

/** @param only this video alone, beginning with where it stands */
export async function* watchJobs(
  deps: Parameters<typeof describeJob>[0],
  only: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const changed = new Set<string>();
  let wake = Promise.withResolvers<void>();
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const unlisten = deps.changes.listen((videoId) => {
    if (only !== undefined && videoId !== only) return;
    changed.add(videoId);
    wake.resolve();
  });
  if (only !== undefined && (await deps.jobs.find(only))) changed.add(only);
  let sequence = 0;
  try {
    while (!signal.aborted) {
      if (changed.size === 0) await Promise.race([wake.promise, aborted]);
      wake = Promise.withResolvers();
      const videoIds = [...changed];
      changed.clear();
      for (const videoId of videoIds) {
        if (await deps.jobs.find(videoId))
          yield { id: String(++sequence), event: "progress", data: await describeJob(deps, videoId) };
      }
      await Promise.race([new Promise((resolve) => setTimeout(resolve, leastMilliseconds)), aborted]);
    }
  } finally {
    unlisten();
  }
}
