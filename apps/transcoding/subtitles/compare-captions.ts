/** Compares all videos' sidecar tracks with what metadata has, in one question, for changes that were missed. */
import { messageOf } from "@video-backend/service";
import type { TranscodingDeps } from "../service.ts";
import { matchCaptions } from "./match-captions.ts";

/** What cannot be compared or matched now is logged, and found by the next comparison. */
export async function compareCaptions(deps: TranscodingDeps): Promise<void> {
  try {
    const wanted = await deps.captions.listAll();
    const published = Map.groupBy(deps.subtitles.sidecars(), (row) => row.videoId);
    for (const videoId of new Set([...wanted.keys(), ...published.keys()])) {
      const versions = (wanted.get(videoId) ?? []).map(({ lang, updated_at }) => `${lang} ${updated_at}`);
      const rows = (published.get(videoId) ?? []).map(({ folder, updatedAt }) => `${folder} ${updatedAt}`);
      if (versions.toSorted().join() !== rows.toSorted().join()) await matchCaptions(deps, videoId);
    }
  } catch (error) {
    deps.log.warn({ reason: messageOf(error) }, "the captions could not be compared with metadata");
  }
}
