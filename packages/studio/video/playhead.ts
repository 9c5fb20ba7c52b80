/** What the player and the rest of the page know of each other: where it plays, and where it is to play. */
import { type Signal, signal } from "@preact/signals";

export interface Playhead {
  /** Seconds; null while there is no player. */
  at: Signal<number | null>;
  /** What plays; null while there is no player. */
  video: Signal<HTMLVideoElement | null>;
  /** Plays from there, where there is a player. */
  seek(seconds: number): void;
}

export function createPlayhead(): Playhead {
  const video = signal<HTMLVideoElement | null>(null);
  return {
    at: signal(null),
    video,
    seek(seconds) {
      if (!video.value) return;
      video.value.currentTime = seconds;
      video.value.play().catch(() => undefined);
    },
  };
}
