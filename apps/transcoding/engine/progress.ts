/** What is happening right now, for the status and the feed. Only in memory: after a restart nothing is in flight. */
import type { Chunk } from "@video-backend/media";

export interface Progress {
  chunkBegun(videoId: string, chunk: Chunk): void;
  chunkEnded(videoId: string, chunk: Chunk): void;
  segmentEntered(videoId: string, rendition: string): void;
  /** Master and manifest were written anew: subtitles, title or storyboard have changed. */
  republished(videoId: string): void;
  /** The job's state changed. */
  jobMoved(videoId: string): void;
  /** The job cannot go on for now, in a sentence; null when it goes on. */
  waiting(videoId: string, sentence: string | null): void;
  waitingFor(videoId: string): string | null;
  /** What encoders are working on. */
  inFlight(videoId: string): Chunk[];
  /** Whether an encoder works on a chunk with this segment, other than `except`. */
  isBeingMade(videoId: string, rendition: string, index: number, except: Chunk): boolean;
  /** Calls `listener` with the video at each change, until the function that comes back is called. */
  listen(listener: Listener): () => void;
  /** The same for changes of a job's state alone. */
  listenToMoves(listener: Listener): () => void;
}

type Listener = (videoId: string) => void;

export function createProgress(): Progress {
  const listeners = new Set<Listener>();
  const moveListeners = new Set<Listener>();
  const chunks = new Map<string, Chunk[]>();
  const waits = new Map<string, string>();
  const tell = (videoId: string) => {
    for (const listener of listeners) listener(videoId);
  };
  const inFlight = (videoId: string) => chunks.get(videoId) ?? [];
  return {
    chunkBegun(videoId, chunk) {
      chunks.set(videoId, [...inFlight(videoId), chunk]);
      tell(videoId);
    },
    chunkEnded(videoId, chunk) {
      const rest = inFlight(videoId).filter((other) => other !== chunk);
      if (rest.length > 0) chunks.set(videoId, rest);
      else chunks.delete(videoId);
      tell(videoId);
    },
    segmentEntered: tell,
    republished: tell,
    jobMoved(videoId) {
      for (const listener of moveListeners) listener(videoId);
      tell(videoId);
    },
    waiting(videoId, sentence) {
      if ((waits.get(videoId) ?? null) === sentence) return;
      if (sentence === null) waits.delete(videoId);
      else waits.set(videoId, sentence);
      tell(videoId);
    },
    waitingFor: (videoId) => waits.get(videoId) ?? null,
    inFlight,
    isBeingMade: (videoId, rendition, index, except) =>
      inFlight(videoId).some((chunk) => {
        const { renditions, first, count } = chunk;
        return chunk !== except && renditions.includes(rendition) && index >= first && index < first + count;
      }),
    listen: (listener) => listenIn(listeners, listener),
    listenToMoves: (listener) => listenIn(moveListeners, listener),
  };
}

function listenIn(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
