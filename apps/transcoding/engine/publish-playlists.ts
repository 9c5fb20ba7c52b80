/** Writes the playlists that plan and ledger make. Each is put in place whole, so a reader never sees a part of one. */
import {
  initFile,
  masterFile,
  masterPlaylist,
  mediaPlaylist,
  type Plan,
  type PlaylistState,
  playlistFile,
} from "@video-backend/media";
import { activeStates } from "../jobs/job-states.ts";
import { planOf } from "../jobs/jobs.ts";
import type { EngineDeps } from "./engine.ts";

export interface PublishOptions {
  state: PlaylistState;
  /** Name of the encoder of the pictures that are not made yet. */
  encoder: string;
  /** What was written before, by key; what has not changed is not written again. */
  published?: Map<string, string>;
}

type Deps = Pick<EngineDeps, "jobs" | "ledger" | "playlistStates" | "progress" | "store" | "subtitles" | "writing">;

export function publishPlaylists(deps: Deps, videoId: string, plan: Plan, options: PublishOptions): Promise<void> {
  return deps.writing.take(videoId, () => {
    deps.playlistStates.set(videoId, options.state);
    return writePlaylists(deps, videoId, plan, options);
  });
}

/**
 * Writes the master anew, because the subtitles have changed: in the state in which it was written last. Where a job is
 * about to begin, it writes the master itself.
 */
export async function republishMaster(deps: Deps, videoId: string): Promise<void> {
  await deps.writing.take(videoId, async () => {
    const job = deps.jobs.find(videoId);
    const plan = job && planOf(job);
    if (!plan) return;
    const isActive = activeStates.some((active) => active === job.state);
    const state = deps.playlistStates.get(videoId) ?? (isActive ? null : "ended");
    const master = state && masterPlaylist(plan, deps.ledger.list(videoId), state, deps.subtitles.played(videoId));
    if (master) await deps.store.put(`hls/${videoId}/${masterFile}`, master);
  });
  deps.progress.subtitlesChanged(videoId);
}

async function writePlaylists(
  deps: Deps,
  videoId: string,
  plan: Plan,
  { state, encoder, published = new Map() }: PublishOptions,
): Promise<void> {
  const ledger = deps.ledger.list(videoId);
  const put = async (key: string, content: string) => {
    if (published.get(key) === content) return;
    await deps.store.put(key, content);
    published.set(key, content);
  };
  for (const rendition of plan.renditions) {
    const segments = ledger.filter((segment) => segment.rendition === rendition.name);
    if (state === "ended" && !segments.some((segment) => segment.bytes > 0)) continue;
    const nextInit = initFile(rendition.kind === "sound" ? "aac" : encoder);
    const playlist = mediaPlaylist(plan, rendition, segments, state, nextInit);
    await put(`hls/${videoId}/${rendition.name}/${playlistFile}`, playlist);
  }
  const master = masterPlaylist(plan, ledger, state, deps.subtitles.played(videoId));
  if (master) await put(`hls/${videoId}/${masterFile}`, master);
  else await deps.store.remove(`hls/${videoId}/${masterFile}`);
}
