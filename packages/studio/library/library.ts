/**
 * The videos that are shown, kept true by the feed: a change of one that is listed is put in place at once, whatever may
 * change which ones are listed has the list read again.
 */
import { computed, signal } from "@preact/signals";
import { ask, sentenceOf } from "../shell/ask.ts";
import { follow } from "../shell/follow.ts";
import { type LibraryQuery, questionOf } from "./library-query.ts";
import { isInTheMaking, type Video } from "./video.ts";

export interface Listing {
  videos: Video[];
  /** On all pages. */
  total: number;
}

/** The last list that was read; null before the first. It outlives the page, so that coming back shows it at once. */
export const listing = signal<Listing | null>(null);
/** Why it could not be read; null where it could. */
export const listingFault = signal<string | null>(null);
/** Percent, by video, of those that are being encoded. */
export const progress = signal<ReadonlyMap<string, number>>(new Map());

const isMakingSome = computed(() => listing.value?.videos.some(isInTheMaking) ?? false);

/** Several changes at once have the list read once. */
const settleSeconds = 0.15;
const retrySeconds = 3;

let query: LibraryQuery | null = null;
let reading: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads the list of this query. */
export function show(wanted: LibraryQuery): void {
  query = wanted;
  void read();
}

/** Reads it again, soon. */
export function refresh(): void {
  clearTimeout(timer);
  timer = setTimeout(read, settleSeconds * 1000);
}

async function read(): Promise<void> {
  if (!query) return;
  reading?.abort();
  clearTimeout(timer);
  const mine = new AbortController();
  reading = mine;
  try {
    listing.value = await ask<Listing>(questionOf(query), { signal: mine.signal });
    listingFault.value = null;
  } catch (error) {
    if (mine.signal.aborted) return;
    listingFault.value = sentenceOf(error);
    timer = setTimeout(read, retrySeconds * 1000);
  }
}

/** Follows the feed while the library is on screen; the function that comes back ends it. */
export function followLibrary(): () => void {
  const endChanges = follow({
    path: "/videos/events",
    onOpen: refresh,
    on: {
      "video.created": refresh,
      "video.deleted": refresh,
      "video.updated": putInPlace,
      reset: refresh,
    },
  });
  let endProgress: (() => void) | null = null;
  const endWatching = isMakingSome.subscribe((isMaking) => {
    if (isMaking) {
      endProgress ??= follow({ path: "/transcode/events", on: { progress: noteProgress } });
    } else {
      endProgress?.();
      endProgress = null;
    }
  });
  return () => {
    endChanges();
    endWatching();
    endProgress?.();
    reading?.abort();
    clearTimeout(timer);
    query = null;
  };
}

function putInPlace(video: Video): void {
  const before = listing.value?.videos.find(({ hash }) => hash === video.hash);
  if (!listing.value || !before) {
    refresh();
    return;
  }
  const videos = listing.value.videos.map((one) => (one === before ? { ...video, size_bytes: one.size_bytes } : one));
  listing.value = { ...listing.value, videos };
  // It may belong elsewhere, or to another filter.
  if (before.status !== video.status || before.title !== video.title || before.duration !== video.duration) refresh();
}

function noteProgress({ upload_id, progress: percent }: { upload_id: string; progress: number }): void {
  progress.value = new Map(progress.value).set(upload_id, percent);
}
