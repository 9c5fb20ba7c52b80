/**
 * Writes the playlists and the manifest that plan and ledger make. Each is put in place whole, so a reader never sees a part
 * of one, and what it names is there before it is.
 */
import { setImmediate } from "node:timers/promises";
import {
  createGrowingLists,
  iframePlaylist,
  type ManifestAccompaniment,
  manifest,
  masterPlaylist,
  mediaPlaylist,
  nextInitFile,
  type Plan,
  sheetCount,
  storyboardOf,
  type VideoRendition,
  videoRenditions,
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
import type { JobRow, SegmentRow } from "../database/schema.ts";
import type { PublishedLists, TranscodingDeps } from "../deps.ts";
import { isPlayable, type VideoSegments } from "../ledger/video-segments.ts";
import { isActive } from "../states.ts";
import { playedTracks } from "../subtitles/subtitles.ts";

export type PublishDeps = Pick<
  TranscodingDeps,
  "jobs" | "ledger" | "attempts" | "subtitles" | "store" | "encoders" | "published" | "changes" | "meters" | "now"
>;

const rowsAtATime = 200;
/** The manifest is made of all rows at once. Where its times change with each segment it takes no more than this share of the time. */
const manifestShare = 0.02;

/**
 * Writes what has changed of a video's playlists, master and manifest; nothing where it has no plan. Whoever calls it holds
 * the video (`exclusion`), so that a later state is never overwritten by an earlier one.
 */
export async function publishPlaylists(deps: PublishDeps, videoId: string): Promise<void> {
  const job = await deps.jobs.find(videoId);
  const plan = job?.plan;
  if (!job || !plan) return;
  const segments = await deps.ledger.segments(videoId);
  const isWhole = segments.count >= plan.renditions.reduce((sum, { segmentCount }) => sum + segmentCount, 0);
  if (isActive(job.state) && job.error === null && !isWhole) await publishGrowing(deps, job, plan, segments);
  else {
    deps.published.delete(videoId);
    await publishEnded(deps, job, plan, segments);
  }
  if (job.isPlayable === 1 || !isPlayable(plan, segments)) return;
  if (!(await deps.jobs.notePlayable(videoId))) return;
  // Of one that ended long ago it says nothing.
  if (isActive(job.state)) deps.meters.playable.of({}).observe(deps.now() - job.createdAt);
  deps.changes.tell(videoId, "job");
}

/** Of a video that is being made: what the rows that have come since the last time have changed. */
async function publishGrowing(deps: PublishDeps, { videoId, title }: JobRow, plan: Plan, segments: VideoSegments) {
  const encoder = deps.encoders.pick(await deps.attempts.failedEncoders(videoId)).name;
  const played = await accompanimentOf(deps, videoId, plan, () => segments.rows());
  const beside = JSON.stringify([title, played, [...played.subtitleBytes]]);
  const known = deps.published.get(videoId);
  const as = { encoder, plan: JSON.stringify(plan) };
  const isSame = known && known.segments === segments && known.encoder === as.encoder && known.plan === as.plan;
  const published: PublishedLists = isSame
    ? known
    : { lists: createGrowingLists(plan, encoder), segments, ...as, entered: 0, ...firstTime };
  deps.published.set(videoId, published);
  const { lists } = published;
  for (; published.entered < segments.entered.length; published.entered++) {
    const row = segments.entered[published.entered];
    if (row) lists.enter(row);
    // After a restart, or where another encoder goes on, all rows come at once: others have their turn between them.
    if ((published.entered + 1) % rowsAtATime === 0) await setImmediate();
  }
  try {
    for (const [name, playlist] of lists.changedPlaylists())
      await putChanged(deps.store, `${renditionKey(videoId, name)}/${playlistFile}`, playlist);
    const { areDescribedAnew, areTimedAnew } = lists.changedEntries();
    const areEntriesDue = areDescribedAnew || published.beside !== beside;
    published.beside = beside;
    published.isManifestDue ||= areTimedAnew || areEntriesDue;
    const rows = areEntriesDue ? segments.rows() : [];
    if (areEntriesDue) {
      for (const rung of videoRenditions(plan)) await putIframes(deps.store, videoId, rung, segments);
      await putEntry(
        deps.store,
        streamKey(videoId, masterFile),
        masterPlaylist(plan, rows, "making", { title, ...played }),
      );
    }
    if (!areEntriesDue && !(published.isManifestDue && performance.now() >= published.manifestNotBefore)) return;
    const startedAt = performance.now();
    const options = { title, ...played, state: "making" as const, encoder };
    const content = manifest(plan, areEntriesDue ? rows : segments.rows(), options);
    published.isManifestDue = false;
    published.manifestNotBefore = performance.now() + (performance.now() - startedAt) / manifestShare;
    await putEntry(deps.store, streamKey(videoId, manifestFile), content);
  } catch (error) {
    // What could not be written is made anew the next time.
    deps.published.delete(videoId);
    throw error;
  }
}

const firstTime = { beside: "", isManifestDue: true, manifestNotBefore: 0 };

/** Of a video that no encoder works on: what exists. */
async function publishEnded(deps: PublishDeps, { videoId, title }: JobRow, plan: Plan, segments: VideoSegments) {
  const { store } = deps;
  for (const rendition of plan.renditions) {
    const made = segments.of(rendition.name);
    if (!made.hasFiles) continue;
    const playlist = mediaPlaylist(plan, rendition, made.rows(), "ended", nextInitFile(rendition, ""));
    await putChanged(store, `${renditionKey(videoId, rendition.name)}/${playlistFile}`, playlist);
    if (rendition.kind === "video") await putIframes(store, videoId, rendition, segments);
  }
  const rows = segments.rows();
  const beside = { title, ...(await accompanimentOf(deps, videoId, plan, () => rows)) };
  await putEntry(store, streamKey(videoId, masterFile), masterPlaylist(plan, rows, "ended", beside));
  const content = manifest(plan, rows, { ...beside, state: "ended", encoder: "" });
  await putEntry(store, streamKey(videoId, manifestFile), content);
}

/** The playlist of a rung's key frames, once all of it is made. */
async function putIframes(store: BlobStore, videoId: string, rung: VideoRendition, segments: VideoSegments) {
  const made = segments.of(rung.name);
  const iframes = made.count === rung.segmentCount ? iframePlaylist(rung, made.rows()) : null;
  if (iframes) await putChanged(store, `${renditionKey(videoId, rung.name)}/${iframesFile}`, iframes);
}

/** What a player is given, or, where there is nothing to list, nothing. */
async function putEntry(store: BlobStore, key: string, content: string | null): Promise<void> {
  if (content === null) await store.remove(key);
  else await putChanged(store, key, content);
}

/** A file that has not changed keeps its version, by which players and caches know it. */
async function putChanged(store: BlobStore, key: string, content: string): Promise<void> {
  if ((await (await store.open(key))?.blob.text()) !== content) await store.put(key, content);
}

async function accompanimentOf(
  { store, subtitles }: PublishDeps,
  videoId: string,
  plan: Plan,
  rows: () => SegmentRow[],
): Promise<Omit<ManifestAccompaniment, "title">> {
  const played = await playedTracks({ subtitles }, videoId);
  const subtitleBytes = new Map<string, number>();
  for (const { folder } of played) {
    subtitleBytes.set(folder, await sizeOf(store, streamKey(videoId, subtitlePath(folder))));
  }
  const storyboard = await findStoryboard(store, videoId, plan, rows);
  return { subtitles: played, subtitleBytes, storyboard };
}

async function findStoryboard(store: BlobStore, videoId: string, plan: Plan, rows: () => SegmentRow[]) {
  if (!(await store.exists(streamKey(videoId, storyboardFile)))) return null;
  const laidOut = storyboardOf(plan, rows());
  if (!laidOut) return null;
  const { board } = laidOut;
  const sheets = Array.from({ length: sheetCount(board) }, (_, sheet) => sheetPath(sheet));
  const sizes = await Promise.all(sheets.map((name) => sizeOf(store, streamKey(videoId, name))));
  return { board, largestSheetBytes: Math.max(...sizes) };
}

async function sizeOf(store: BlobStore, key: string): Promise<number> {
  return (await store.open(key))?.sizeBytes ?? 0;
}
