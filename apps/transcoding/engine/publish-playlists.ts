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
import type { EngineDeps } from "./engine.ts";

export interface PublishOptions {
  state: PlaylistState;
  /** Name of the encoder of the pictures that are not made yet. */
  encoder: string;
  /** What was written before, by key; what has not changed is not written again. */
  published?: Map<string, string>;
}

export async function publishPlaylists(
  deps: Pick<EngineDeps, "ledger" | "store">,
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
  const master = masterPlaylist(plan, ledger, state);
  if (master) await put(`hls/${videoId}/${masterFile}`, master);
  else await deps.store.remove(`hls/${videoId}/${masterFile}`);
}
