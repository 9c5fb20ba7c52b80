/** Compares all videos' sidecar tracks with what metadata has, in one question, for changes that were missed. */
import type { TranscodingDeps } from "../deps.ts";

/**
 * The ids of videos whose captions here are not those that metadata has.
 *
 * @throws ServiceError `unavailable` while metadata is away
 */
export async function findOutdatedCaptions(deps: Pick<TranscodingDeps, "captions" | "subtitles">): Promise<string[]> {
  const wanted = await deps.captions.listAll();
  const published = Map.groupBy(await deps.subtitles.sidecars(), (row) => row.videoId);
  return [...new Set([...wanted.keys(), ...published.keys()])].filter((videoId) => {
    const versions = (wanted.get(videoId) ?? []).map(({ lang, updated_at }) => `${lang} ${updated_at}`);
    const rows = (published.get(videoId) ?? []).map(({ folder, updatedAt }) => `${folder} ${updatedAt}`);
    return versions.toSorted().join() !== rows.toSorted().join();
  });
}
