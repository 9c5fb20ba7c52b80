/**
 * Writes the playlists and the manifest that plan and ledger make. Each is put in place whole, so a reader never sees a part
 * of one, and what it names is there before it is.
 */
import {
  iframePlaylist,
  type ManifestAccompaniment,
  manifest,
  masterPlaylist,
  mediaPlaylist,
  nextInitFile,
  type Plan,
  type PlaylistState,
  segmentsOf,
  sheetCount,
  storyboardOf,
} from "@video-backend/media";
import type { BlobStore } from "@video-backend/storage";
import {
  iframesFile,
  manifestFile,
  masterFile,
  playlistFile,
  renditionKey,
  sheetPath,
  storyboardFile,
  streamKey,
  subtitlePath,
} from "@video-backend/storage/layout";
import type { SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { isActive } from "../states.ts";
import { playedTracks } from "../subtitles/subtitles.ts";

export type PublishDeps = Pick<
  TranscodingDeps,
  "jobs" | "ledger" | "attempts" | "subtitles" | "store" | "encoders" | "published"
>;

/** What, beside plan and ledger, decides how playlists are written. */
interface WrittenAs {
  state: PlaylistState;
  /** Name of the encoder of the video segments that are not made yet. */
  encoder: string;
}

type Put = (key: string, content: string) => Promise<void>;

/**
 * Writes what has changed of a video's playlists, master and manifest; nothing where it has no plan. Whoever calls it holds
 * the video (`exclusion`), so that a later state is never overwritten by an earlier one.
 */
export async function publishPlaylists(deps: PublishDeps, videoId: string): Promise<void> {
  const job = await deps.jobs.find(videoId);
  const plan = job?.plan;
  if (!job || !plan) return;
  const ledger = await deps.ledger.list(videoId);
  const isWhole = ledger.length >= plan.renditions.reduce((sum, { segmentCount }) => sum + segmentCount, 0);
  const isMaking = isActive(job.state) && job.error === null && !isWhole;
  const as: WrittenAs = isMaking
    ? { state: "making", encoder: deps.encoders.pick(await deps.attempts.failedEncoders(videoId)).name }
    : { state: "ended", encoder: "" };
  // Of videos that are being made it is known what was written last: they are written often.
  const known = deps.published.get(videoId) ?? new Map<string, string>();
  if (isMaking) deps.published.set(videoId, known);
  else deps.published.delete(videoId);
  const put: Put = async (key, content) => {
    // A file that has not changed keeps its version, by which players and caches know it.
    const before = known.get(key) ?? (await (await deps.store.open(key))?.blob.text());
    if (before !== content) await deps.store.put(key, content);
    known.set(key, content);
  };
  await writePlaylists(videoId, plan, ledger, as, put);
  await writeEntries(deps, videoId, plan, ledger, as, job.title, put);
}

/** A playlist a rendition, and one of its key frames where it has a video and all of it is made. */
async function writePlaylists(
  videoId: string,
  plan: Plan,
  ledger: SegmentRow[],
  { state, encoder }: WrittenAs,
  put: Put,
): Promise<void> {
  for (const rendition of plan.renditions) {
    const folder = renditionKey(videoId, rendition.name);
    const segments = segmentsOf(ledger, rendition);
    if (state === "ended" && !segments.some((segment) => segment.bytes > 0)) continue;
    const playlist = mediaPlaylist(plan, rendition, segments, state, nextInitFile(rendition, encoder));
    await put(`${folder}/${playlistFile}`, playlist);
    const iframes = rendition.kind === "video" && iframePlaylist(rendition, segments);
    if (iframes) await put(`${folder}/${iframesFile}`, iframes);
  }
}

/** What a player is given: master and manifest, or neither. */
async function writeEntries(
  deps: PublishDeps,
  videoId: string,
  plan: Plan,
  ledger: SegmentRow[],
  { state, encoder }: WrittenAs,
  title: string | null,
  put: Put,
): Promise<void> {
  const beside = { title, ...(await accompanimentOf(deps, videoId, plan, ledger)) };
  const entries = {
    [masterFile]: masterPlaylist(plan, ledger, state, beside),
    [manifestFile]: manifest(plan, ledger, { ...beside, state, encoder }),
  };
  for (const [name, content] of Object.entries(entries)) {
    if (content === null) await deps.store.remove(streamKey(videoId, name));
    else await put(streamKey(videoId, name), content);
  }
}

async function accompanimentOf(
  { store, subtitles }: PublishDeps,
  videoId: string,
  plan: Plan,
  ledger: SegmentRow[],
): Promise<Omit<ManifestAccompaniment, "title">> {
  const played = await playedTracks({ subtitles }, videoId);
  const subtitleBytes = new Map<string, number>();
  for (const { folder } of played) {
    subtitleBytes.set(folder, await sizeOf(store, streamKey(videoId, subtitlePath(folder))));
  }
  const storyboard = await findStoryboard(store, videoId, plan, ledger);
  return { subtitles: played, subtitleBytes, storyboard };
}

async function findStoryboard(store: BlobStore, videoId: string, plan: Plan, ledger: SegmentRow[]) {
  if (!(await store.exists(streamKey(videoId, storyboardFile)))) return null;
  const laidOut = storyboardOf(plan, ledger);
  if (!laidOut) return null;
  const { board } = laidOut;
  const sheets = Array.from({ length: sheetCount(board) }, (_, sheet) => sheetPath(sheet));
  const sizes = await Promise.all(sheets.map((name) => sizeOf(store, streamKey(videoId, name))));
  return { board, largestSheetBytes: Math.max(...sizes) };
}

async function sizeOf(store: BlobStore, key: string): Promise<number> {
  return (await store.open(key))?.sizeBytes ?? 0;
}
