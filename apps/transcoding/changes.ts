/**
 * Tells, within this process, that something about a video has changed, to whoever shows it, waits for it or acts on it. Only
 * a hint: whoever hears it looks at the rows, so one that is lost does no harm. And what follows from a change.
 */
import type { TaskQueue } from "@video-backend/queue";
import type { Reconciler } from "@video-backend/service";
import type { TranscodingTask } from "./tasks/task.ts";

/**
 * `job`: its state, or what metadata is told of it. `segments`: rows of the ledger. `tracks`: subtitles, title or storyboard.
 * `tasks`: what workers are doing.
 */
export type Change = "job" | "segments" | "tracks" | "tasks";

/** Of a decoder from a key frame that lies far before what it is to show. */
export interface Way {
  /** Of the key frame, seconds from the start of the file. */
  fromSeconds: number;
  /** Where it is now. */
  toSeconds: number;
  tookSeconds: number;
}

type Listener = (videoId: string, change: Change) => void;

export interface Changes {
  tell(videoId: string, change: Change): void;
  /** Calls `listener` at each change, until the function that comes back is called. */
  listen(listener: Listener): () => void;
  /**
   * Resolves with the first answer of `look` that is not null: it is called now and at each change of the video. Resolves
   * with null when the time is over or the signal aborts.
   *
   * @throws what `look` throws
   */
  until<Value>(
    videoId: string,
    look: () => Promise<Value | null>,
    patience: { seconds: number; signal?: AbortSignal },
  ): Promise<Value | null>;
  /** The video's work cannot go on for now, in a sentence; null when it goes on. */
  tellWaiting(videoId: string, sentence: string | null): void;
  waitingFor(videoId: string): string | null;
  /** How far the ffmpeg of a task has come on a long way; null when it has ended. */
  tellWay(taskId: string, way: Way | null): void;
  wayOf(taskId: string): Way | null;
}

export function createChanges(): Changes {
  const listeners = new Set<Listener>();
  const waits = new Map<string, string>();
  const ways = new Map<string, Way>();

  function tell(videoId: string, change: Change): void {
    for (const listener of listeners) listener(videoId, change);
  }

  function listen(listener: Listener): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  return {
    tell,
    listen,
    async until(videoId, look, { seconds, signal }) {
      let changed = Promise.withResolvers<void>();
      const over = Promise.withResolvers<void>();
      const unlisten = listen((id) => id === videoId && changed.resolve());
      const timer = setTimeout(over.resolve, seconds * 1000);
      signal?.addEventListener("abort", () => over.resolve(), { once: true });
      try {
        for (;;) {
          const { promise } = changed;
          const seen = await look();
          if (seen !== null || signal?.aborted) return seen;
          const isOver = await Promise.race([promise.then(() => false), over.promise.then(() => true)]);
          if (isOver) return null;
          changed = Promise.withResolvers();
        }
      } finally {
        unlisten();
        clearTimeout(timer);
      }
    },
    tellWaiting(videoId, sentence) {
      if ((waits.get(videoId) ?? null) === sentence) return;
      if (sentence === null) waits.delete(videoId);
      else waits.set(videoId, sentence);
      tell(videoId, "tasks");
    },
    waitingFor: (videoId) => waits.get(videoId) ?? null,
    tellWay(taskId, way) {
      if (way) ways.set(taskId, way);
      else ways.delete(taskId);
    },
    wayOf: (taskId) => ways.get(taskId) ?? null,
  };
}

/** Playlists are complete from their first writing on; what follows are measurements, which need not be hurried. */
const playlistSeconds = 1;

interface Followers {
  queue: Pick<TaskQueue<TranscodingTask>, "listen">;
  work: Pick<Reconciler<string>, "requestWithin">;
  playlists: Pick<Reconciler<string>, "requestWithin">;
  reconciler: Pick<Reconciler<`report:${string}`>, "request">;
}

/**
 * Has done what follows from a change: work is planned when a task has settled, playlists are written, metadata is told.
 *
 * @param retrySeconds after which what failed for a reason that is not the video's is added again
 * @returns ends it
 */
export function followChanges(
  changes: Pick<Changes, "tell" | "listen">,
  { queue, work, playlists, reconciler }: Followers,
  retrySeconds: number,
): () => void {
  const unlisten = [
    queue.listen((event) => {
      const { videoId } = event.task;
      changes.tell(videoId, "tasks");
      if (event.kind === "settled") work.requestWithin(videoId, event.error === null ? 0 : retrySeconds);
    }),
    changes.listen((videoId, change) => {
      if (change === "tasks") return;
      playlists.requestWithin(videoId, playlistSeconds);
      if (change === "job") reconciler.request(`report:${videoId}`);
    }),
  ];
  return () => {
    for (const stop of unlisten) stop();
  };
}
