/**
 * Where a video's files are for this page: for a public one it is known, for a private one a token is asked for, which is
 * asked for again before it expires.
 */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Video } from "../library/video.ts";
import { ask, sending } from "../shell/ask.ts";
import { publicBase, tokenBase } from "./addresses.ts";

export interface PlayAddress {
  /** Null while it is not known. */
  base: ReadonlySignal<string | null>;
  /** What is within it, and until when it is good, epoch seconds; null for a public video. */
  token: ReadonlySignal<PlaybackToken | null>;
  close(): void;
}

export interface PlaybackToken {
  token: string;
  expiresAt: number;
}

const retrySeconds = 3;
/** Before the end, so that nothing that plays is cut off. */
const earlySeconds = 600;

export function watchPlayAddress(id: string, visibility: ReadonlySignal<Video["visibility"] | null>): PlayAddress {
  const base = signal<string | null>(null);
  const token = signal<PlaybackToken | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function askForToken(): Promise<void> {
    clearTimeout(timer);
    let seconds = retrySeconds;
    try {
      const answer = await ask<{ token: string; expires_at: number }>(
        `/videos/${id}/playback-token`,
        sending("POST", {}),
      );
      if (visibility.peek() !== "private") return;
      base.value = tokenBase(id, answer.token);
      token.value = { token: answer.token, expiresAt: answer.expires_at };
      seconds = Math.max(retrySeconds, answer.expires_at - Date.now() / 1000 - earlySeconds);
    } catch {
      // Asked again soon; until then nothing new plays.
    }
    timer = setTimeout(askForToken, seconds * 1000);
  }

  const end = effect(() => {
    clearTimeout(timer);
    const isPublic = visibility.value === "public";
    base.value = isPublic ? publicBase(id) : null;
    token.value = null;
    if (visibility.value === "private") void askForToken();
  });
  return {
    base,
    token,
    close() {
      end();
      clearTimeout(timer);
    },
  };
}
