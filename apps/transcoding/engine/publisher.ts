/** Keeps a video's playlists in step with its ledger while it is being made, one writing after another. */
import type { Plan, PlaylistState } from "@video-backend/media";
import type { EngineDeps } from "./engine.ts";
import { publishPlaylists } from "./publish-playlists.ts";

export interface Publisher {
  /** Stops following and writes the playlists a last time. */
  close(state: PlaylistState): Promise<void>;
}

export function createPublisher(deps: EngineDeps, videoId: string, plan: Plan): Publisher {
  const published = new Map<string, string>();
  let due = false;
  let writing: Promise<void> | null = null;

  async function writeWhileDue(): Promise<void> {
    while (due) {
      due = false;
      await publishPlaylists(deps, videoId, plan, "growing", published);
    }
  }
  function publish(): void {
    due = true;
    writing ??= writeWhileDue()
      .catch((error: unknown) => deps.log.error({ videoId, err: error }, "the playlists could not be written"))
      .finally(() => {
        writing = null;
      });
  }
  const unlisten = deps.progress.listen((changed) => {
    if (changed === videoId) publish();
  });
  return {
    async close(state) {
      unlisten();
      await writing;
      await publishPlaylists(deps, videoId, plan, state, published);
    },
  };
}
