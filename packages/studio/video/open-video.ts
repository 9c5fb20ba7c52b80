/**
 * All that is known of one video, kept true while its page is open: by the feed of changes, and while it is encoded by the
 * feed of progress, at whose events the map of segments is read again.
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { isInTheMaking, type Video } from "../library/video.ts";
import { ask, Refusal, sentenceOf } from "../shell/ask.ts";
import { follow } from "../shell/follow.ts";
import { keepLooking } from "../shell/keep-looking.ts";
import { type PlayAddress, watchPlayAddress } from "./play-address.ts";
import type { Bitrates, Captions, SegmentMap, Transcoding } from "./transcoding.ts";

export interface OpenVideo {
  id: string;
  /** Null before the first answer, and where there is no such video. */
  video: ReadonlySignal<Video | null>;
  /** Null while transcoding knows nothing of it. */
  transcoding: ReadonlySignal<Transcoding | null>;
  map: ReadonlySignal<SegmentMap | null>;
  bitrates: ReadonlySignal<Bitrates | null>;
  captions: ReadonlySignal<Captions[]>;
  /** Where its files are. */
  address: PlayAddress;
  presence: ReadonlySignal<"unknown" | "there" | "absent" | "deleted">;
  /** Why it could not be read; null where it could. */
  fault: ReadonlySignal<string | null>;
  /** Ends all of it. */
  close(): void;
}

interface VideoState {
  metadata: Video | null;
  transcoding: Transcoding | null;
  errors?: string[];
}

const mapSeconds = 2;
const bitrateSeconds = 4;
const retrySeconds = 3;

export function openVideo(id: string): OpenVideo {
  const video = signal<Video | null>(null);
  const transcoding = signal<Transcoding | null>(null);
  const map = signal<SegmentMap | null>(null);
  const bitrates = signal<Bitrates | null>(null);
  const captions = signal<Captions[]>([]);
  const presence = signal<"unknown" | "there" | "absent" | "deleted">("unknown");
  const fault = signal<string | null>(null);
  const isMaking = computed(
    () => transcoding.value?.overall === "running" || (video.value !== null && isInTheMaking(video.value)),
  );

  const reading = keepLooking(async (closing) => {
    try {
      const state = await ask<VideoState>(`/admin/videos/${id}/status`, { signal: closing });
      if (state.transcoding) transcoding.value = state.transcoding;
      if (state.metadata) video.value = state.metadata;
      if (presence.value !== "deleted" && state.metadata) presence.value = "there";
      else if (!state.errors && !state.metadata && presence.value === "unknown") presence.value = "absent";
      fault.value = state.errors?.join("; ") ?? null;
      const listed = await ask<{ captions: Captions[] }>(`/videos/${id}/captions`, { signal: closing });
      captions.value = listed.captions;
      return state.errors ? retrySeconds : null;
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return null;
      fault.value = sentenceOf(error);
      return retrySeconds;
    }
  });
  const mapping = keepLooking(async (closing) => {
    const seen = await ask<SegmentMap>(`/transcode/${id}/segments`, { signal: closing }).catch(() => null);
    if (seen) map.value = seen;
    return isMaking.value || !seen ? mapSeconds : null;
  });
  const measuring = keepLooking(async (closing) => {
    const seen = await ask<Bitrates>(`/transcode/${id}/bitrates`, { signal: closing }).catch(() => null);
    if (seen) bitrates.value = seen;
    return isMaking.value || !seen ? bitrateSeconds : null;
  });

  const endChanges = follow({
    path: "/videos/events",
    onOpen: reading.now,
    on: {
      "video.created": (changed: Video) => changed.hash === id && reading.now(),
      "video.updated": (changed: Video) => {
        if (changed.hash === id) video.value = { ...changed, size_bytes: video.value?.size_bytes };
      },
      "video.deleted": ({ hash }: { hash: string }) => {
        if (hash === id) presence.value = "deleted";
      },
      "captions.changed": (changed: { hash: string; captions: Captions[] }) => {
        if (changed.hash === id) captions.value = changed.captions;
      },
      reset: reading.now,
    },
  });
  let endProgress: (() => void) | null = null;
  const endWatching = isMaking.subscribe((making) => {
    if (making) {
      endProgress ??= follow({
        path: `/transcode/events?upload_id=${id}`,
        on: {
          progress: (status: Transcoding) => {
            transcoding.value = status;
            mapping.now();
          },
        },
      });
    } else {
      endProgress?.();
      endProgress = null;
      // The last ones came with the end.
      mapping.now();
      measuring.now();
    }
  });

  const address = watchPlayAddress(
    id,
    computed(() => video.value?.visibility ?? null),
  );

  return {
    id,
    video,
    transcoding,
    map,
    bitrates,
    captions,
    address,
    presence,
    fault,
    close() {
      address.close();
      reading.stop();
      mapping.stop();
      measuring.stop();
      endChanges();
      endWatching();
      endProgress?.();
    },
  };
}
