/**
 * Brings a video's sidecar tracks in line with the captions that metadata has of it: while a job runs and long after it is
 * done. What is published is known by its version, so that doing it again does nothing.
 */
import { parseWebvtt } from "@video-backend/media/captions";
import { streamKey, subtitleTrackPath } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { type PublishDeps, publishPlaylists } from "../playlists/publish.ts";
import { writeTrack } from "./write-track.ts";

type Deps = PublishDeps & Pick<TranscodingDeps, "captions" | "exclusion" | "changes">;

/**
 * Does nothing for a video that has no plan yet: its job asks for it when it has.
 *
 * @throws ServiceError `unavailable` while metadata is away
 */
export async function matchCaptions(deps: Deps, videoId: string, signal?: AbortSignal): Promise<void> {
  if (!(await planFor(deps, videoId))) return;
  // One comparison at a time asks metadata: a list of before must not undo what a later one has brought.
  using _turn = await deps.exclusion.acquire(`captions ${videoId}`, { ...(signal && { signal }) });
  const wanted = await deps.captions.list(videoId, signal);
  const published = await deps.subtitles.sidecars(videoId);
  const fresh = wanted.filter(
    ({ lang, updated_at }) => !published.some((row) => row.folder === lang && row.updatedAt === updated_at),
  );
  const gone = published.filter((row) => !wanted.some(({ lang }) => lang === row.folder));
  for (const { lang, label, updated_at } of fresh) {
    const text = await deps.captions.read(videoId, lang, signal);
    if (text === null) continue;
    const captions = parseWebvtt(text);
    using _hold = await deps.exclusion.acquire(videoId, { ...(signal && { signal }) });
    const plan = await planFor(deps, videoId);
    if (!plan) return;
    await writeTrack(deps.store, { videoId, plan, folder: lang }, captions);
    const kind = {
      source: "sidecar" as const,
      codec: "webvtt",
      isDefault: 0,
      isForced: 0,
      reason: null,
      charsets: null,
    };
    await deps.subtitles.enter({ ...kind, videoId, folder: lang, language: lang, title: label, updatedAt: updated_at });
  }
  // First the rows, then the playlists that follow them, and the files when no playlist names them any more.
  for (const { folder } of gone) await deps.subtitles.remove(videoId, folder);
  if (fresh.length + gone.length === 0) return;
  using _hold = await deps.exclusion.acquire(videoId, { ...(signal && { signal }) });
  await publishPlaylists(deps, videoId);
  for (const { folder } of gone) await deps.store.remove(streamKey(videoId, subtitleTrackPath(folder)));
  deps.changes.tell(videoId, "tracks");
}

async function planFor({ jobs }: Deps, videoId: string) {
  const job = await jobs.find(videoId);
  return job?.plan ?? null;
}
