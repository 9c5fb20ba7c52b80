/** All subtitles of a job: those in its source, and those that metadata has. Beside the encoders, and never in their way. */
import { isServiceError, messageOf } from "@video-backend/service";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import type { PublishDeps } from "../playlists/publish.ts";
import { type OpenSourceDeps, openSource } from "../sources/open-source.ts";
import { type ExtractDeps, extractTracks } from "./extract-tracks.ts";
import { matchCaptions } from "./match-captions.ts";
import { noteClosedCaptions } from "./note-closed-captions.ts";

type SubtitlesDeps = OpenSourceDeps &
  ExtractDeps &
  PublishDeps &
  Pick<TranscodingDeps, "captions" | "exclusion" | "changes">;

/** What goes wrong is logged, and the step is done. */
export async function prepareSubtitles(deps: SubtitlesDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { videoId } = job;
  const tell = (error: unknown) => {
    signal.throwIfAborted();
    // While metadata is away there is nothing to do: all captions are compared when it is back.
    const line = { videoId, reason: messageOf(error) };
    if (isServiceError(error, "unavailable")) deps.log.warn(line, "metadata does not say which captions there are");
    else deps.log.error({ ...line, err: error }, "subtitles could not be prepared");
  };
  await Promise.all([takeFromSource(deps, job, signal).catch(tell), matchCaptions(deps, videoId, signal).catch(tell)]);
  await deps.jobs.markStepDone(videoId, "subtitles");
  deps.changes.tell(videoId, "tracks");
}

async function takeFromSource(deps: SubtitlesDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const plan = job.plan;
  if (!plan) return;
  const { source } = await deps.workspace.source(job.videoId, () => openSource(deps, job, signal));
  const video = { videoId: job.videoId, plan, source };
  await extractTracks(deps, video, signal);
  signal.throwIfAborted();
  await noteClosedCaptions(deps, video, signal);
}
