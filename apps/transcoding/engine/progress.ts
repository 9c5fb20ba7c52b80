/** What is happening right now, for the status and the feed. Only in memory: after a restart nothing is in flight. */
import type { Chunk } from "@video-backend/media";

export interface Progress {
  chunkBegun(videoId: string, chunk: Chunk): void;
  chunkEnded(videoId: string, chunk: Chunk): void;
  segmentEntered(videoId: string, rendition: string): void;
  /** The job's state changed. */
  jobMoved(videoId: string): void;
  /** Names of the renditions that an encoder is working on. */
  inFlight(videoId: string): Set<string>;
  /** Calls `listener` with the video at each change, until the function that comes back is called. */
  listen(listener: (videoId: string) => void): () => void;
  /** The same for changes of a job's state alone. */
  listenToMoves(listener: (videoId: string) => void): () => void;
}

type Listener = (videoId: string) => void;

export function createProgress(): Progress {
  const listeners = new Set<Listener>();
  const moveListeners = new Set<Listener>();
  const chunks = new Map<string, Chunk[]>();
  const tell = (videoId: string) => {
    for (const listener of listeners) listener(videoId);
  };
  return {
    chunkBegun(videoId, chunk) {
      chunks.set(videoId, [...(chunks.get(videoId) ?? []), chunk]);
      tell(videoId);
    },
    chunkEnded(videoId, chunk) {
      const rest = (chunks.get(videoId) ?? []).filter((other) => other !== chunk);
      if (rest.length > 0) chunks.set(videoId, rest);
      else chunks.delete(videoId);
      tell(videoId);
    },
    segmentEntered: (videoId) => tell(videoId),
    jobMoved(videoId) {
      for (const listener of moveListeners) listener(videoId);
      tell(videoId);
    },
    inFlight: (videoId) => new Set((chunks.get(videoId) ?? []).flatMap((chunk) => chunk.renditions)),
    listen: (listener) => listenIn(listeners, listener),
    listenToMoves: (listener) => listenIn(moveListeners, listener),
  };
}

function listenIn(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
