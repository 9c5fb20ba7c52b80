/**
 * Brings a video's sidecar tracks in line with the captions that metadata has of it: while a job runs and long after it is
 * done. What is published is known by its version, so that doing it again does nothing.
 */

import { parseWebvtt } from "@video-backend/media/captions";
import { streamKey, subtitleTrackPath } from "@video-backend/storage/layout";
import type { EngineDeps } from "../engine/engine.ts";
import { type PublishDeps, republish } from "../engine/publish-playlists.ts";
import { planOf } from "../jobs/jobs.ts";
import { writeTrack } from "./write-track.ts";

type Deps = PublishDeps & Pick<EngineDeps, "captions" | "matching">;

/**
 * Does nothing for a video that has no plan yet: its job does this when it has.
 *
 * @throws ServiceError `unavailable` while metadata is away
 */
export function matchCaptions(deps: Deps, videoId: string, signal?: AbortSignal): Promise<void> {
  // Each asks metadata anew when it is its turn: a list of before must not undo what a later one has brought.
  return deps.matching.take(videoId, () => match(deps, videoId, signal));
}

async function match(deps: Deps, videoId: string, signal: AbortSignal | undefined): Promise<void> {
  if (!planFor(deps, videoId)) return;
  const wanted = await deps.captions.list(videoId, signal);
  const published = deps.subtitles.sidecars(videoId);
  const fresh = wanted.filter(
    ({ lang, updated_at }) => !published.some((row) => row.folder === lang && row.updatedAt === updated_at),
  );
  const gone = published.filter((row) => !wanted.some(({ lang }) => lang === row.folder));
  for (const { lang, label, updated_at } of fresh) {
    const text = await deps.captions.read(videoId, lang, signal);
    if (text === null) continue;
    const captions = parseWebvtt(text);
    await deps.writing.take(videoId, async () => {
      const plan = planFor(deps, videoId);
      if (!plan) return;
      await writeTrack(deps.store, { videoId, plan, folder: lang }, captions);
      // Deleted meanwhile: whoever deleted it waits for this turn to end, and removes the files.
      if (!deps.jobs.find(videoId)) return;
      const kind = { source: "sidecar" as const, codec: "webvtt", isDefault: 0, isForced: 0, reason: null };
      deps.subtitles.enter({ ...kind, videoId, folder: lang, language: lang, title: label, updatedAt: updated_at });
    });
  }
  for (const { folder } of gone) deps.subtitles.remove(videoId, folder);
  if (fresh.length + gone.length > 0) await republish(deps, videoId);
  for (const { folder } of gone)
    await deps.writing.take(videoId, () => deps.store.remove(streamKey(videoId, subtitleTrackPath(folder))));
}

function planFor({ jobs }: Deps, videoId: string) {
  const job = jobs.find(videoId);
  return job && planOf(job);
}
