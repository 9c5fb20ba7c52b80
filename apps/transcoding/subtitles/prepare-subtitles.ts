/** All subtitles of a job: those in its source, and those that metadata has. Beside the encoders, and never in their way. */
import { isServiceError, messageOf } from "@video-backend/service";
import type { EngineDeps } from "../engine/engine.ts";
import { extractTracks, type VideoWithSource } from "./extract-tracks.ts";
import { matchCaptions } from "./match-captions.ts";
import { noteClosedCaptions } from "./note-closed-captions.ts";

/** Resolves in any case. */
export async function prepareSubtitles(deps: EngineDeps, video: VideoWithSource, signal: AbortSignal): Promise<void> {
  const { videoId } = video;
  const tell = (error: unknown) => {
    if (signal.aborted) return;
    // While metadata is away there is nothing to do: all captions are compared when it is back.
    const line = { videoId, reason: messageOf(error) };
    if (isServiceError(error, "unavailable")) deps.log.warn(line, "metadata does not say which captions there are");
    else deps.log.error({ ...line, err: error }, "subtitles could not be prepared");
  };
  await Promise.all([
    deps.extractions.add(() => takeFromSource(deps, video, signal), { signal }).catch(tell),
    matchCaptions(deps, videoId, signal).catch(tell),
  ]);
}

async function takeFromSource(deps: EngineDeps, video: VideoWithSource, signal: AbortSignal): Promise<void> {
  await extractTracks(deps, video, signal);
  await noteClosedCaptions(deps, video, signal);
}
