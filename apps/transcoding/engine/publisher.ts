/** Keeps a video's playlists in step with its ledger while it is being made, one writing after another. */
import type { Plan, PlaylistState } from "@video-backend/media";
import type { EngineDeps } from "./engine.ts";
import { publishPlaylists } from "./publish-playlists.ts";

export interface Publisher {
  /** Stops following and writes the playlists a last time. */
  close(state: PlaylistState): Promise<void>;
}

/** The lists are complete from the first writing on; what follows are measurements, which need not be hurried. */
const leastMilliseconds = 1000;

/**
 * Resolves when the playlists are there for the first time.
 *
 * @param encoder name of the encoder of what is not made yet
 */
export async function createPublisher(
  deps: EngineDeps,
  videoId: string,
  plan: Plan,
  encoder: () => string,
): Promise<Publisher> {
  const published = new Map<string, string>();
  const publish = (state: PlaylistState) =>
    publishPlaylists(deps, videoId, plan, { state, encoder: encoder(), published });
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing = publish("making");
  await writing;

  const unlisten = deps.progress.listen((changed) => {
    if (changed !== videoId || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      writing = writing
        .then(() => publish("making"))
        .catch((error: unknown) => deps.log.error({ videoId, err: error }, "the playlists could not be written"));
    }, leastMilliseconds);
  });
  return {
    async close(state) {
      unlisten();
      clearTimeout(timer);
      await writing;
      await publish(state);
    },
  };
}
