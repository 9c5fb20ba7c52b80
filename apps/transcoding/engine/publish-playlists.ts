/** Writes the playlists that plan and ledger make. Each is put in place whole, so a reader never sees a part of one. */
import {
  masterFile,
  masterPlaylist,
  mediaPlaylist,
  type Plan,
  type PlaylistState,
  playlistFile,
} from "@video-backend/media";
import type { EngineDeps } from "./engine.ts";

/**
 * @param published what was written before, by key; what has not changed is not written again
 */
export async function publishPlaylists(
  deps: EngineDeps,
  videoId: string,
  plan: Plan,
  state: PlaylistState,
  published: Map<string, string>,
): Promise<void> {
  const ledger = deps.ledger.list(videoId);
  const put = async (key: string, content: string) => {
    if (published.get(key) === content) return;
    await deps.store.put(key, content);
    published.set(key, content);
  };
  for (const rendition of plan.renditions) {
    const segments = ledger.filter((segment) => segment.rendition === rendition.name);
    if (segments.some((segment) => segment.bytes > 0)) {
      await put(`hls/${videoId}/${rendition.name}/${playlistFile}`, mediaPlaylist(segments, state));
    }
  }
  const master = masterPlaylist(plan, ledger);
  if (master) await put(`hls/${videoId}/${masterFile}`, master);
}
