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
import { activeStates } from "../jobs/job-states.ts";
import { planOf } from "../jobs/jobs.ts";
import type { EngineDeps } from "./engine.ts";

/** What, beside plan and ledger, decides how playlists are written. */
export interface WrittenAs {
  state: PlaylistState;
  /** Name of the encoder of the pictures that are not made yet. */
  encoder: string;
}

export interface PublishOptions extends WrittenAs {
  /** What was written before, by key; what has not changed is not written again. */
  published?: Map<string, string>;
}

export type PublishDeps = Pick<
  EngineDeps,
  "jobs" | "ledger" | "written" | "progress" | "store" | "subtitles" | "writing"
>;

type Put = (key: string, content: string) => Promise<void>;

export function publishPlaylists(
  deps: PublishDeps,
  videoId: string,
  plan: Plan,
  { state, encoder, published = new Map() }: PublishOptions,
): Promise<void> {
  const put: Put = async (key, content) => {
    if (published.get(key) === content) return;
    await deps.store.put(key, content);
    published.set(key, content);
  };
  return deps.writing.take(videoId, async () => {
    deps.written.set(videoId, { state, encoder });
    const ledger = deps.ledger.list(videoId);
    await writePlaylists(videoId, plan, ledger, { state, encoder }, put);
    await writeEntries(deps, videoId, plan, ledger, { state, encoder }, put);
  });
}

/**
 * Writes master and manifest anew, because what goes with the streams has changed, title, subtitles or storyboard: in the
 * state in which they were written last. Where a job is about to begin, it writes them itself.
 */
export async function republish(deps: PublishDeps, videoId: string): Promise<void> {
  await deps.writing.take(videoId, async () => {
    const job = deps.jobs.find(videoId);
    const plan = job && planOf(job);
    if (!plan) return;
    const isActive = activeStates.some((active) => active === job.state);
    const ended: WrittenAs = { state: "ended", encoder: "" };
    const written = deps.written.get(videoId) ?? (isActive ? null : ended);
    const put: Put = (key, content) => deps.store.put(key, content);
    if (written) await writeEntries(deps, videoId, plan, deps.ledger.list(videoId), written, put);
  });
  deps.progress.republished(videoId);
}

/** A playlist a rendition, and one of its key frames where it has a picture and all of it is made. */
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
    const iframes = rendition.kind === "picture" && iframePlaylist(rendition, segments);
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
  put: Put,
): Promise<void> {
  const beside = await accompanimentOf(deps, videoId, plan, ledger);
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
  { jobs, store, subtitles }: PublishDeps,
  videoId: string,
  plan: Plan,
  ledger: SegmentRow[],
): Promise<ManifestAccompaniment> {
  const played = subtitles.played(videoId);
  const subtitleBytes = new Map<string, number>();
  for (const { folder } of played) {
    subtitleBytes.set(folder, await sizeOf(store, streamKey(videoId, subtitlePath(folder))));
  }
  const storyboard = await findStoryboard(store, videoId, plan, ledger);
  return { title: jobs.find(videoId)?.title ?? null, subtitles: played, subtitleBytes, storyboard };
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
