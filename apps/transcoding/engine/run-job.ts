/**
 * One job from its source to its last playlist. It may be ended at any moment, by an abort or by death, and begun again:
 * each time it makes plan minus ledger.
 */
import { type Chunk, type Plan, pictureRenditions, remainingChunks, SourceError } from "@video-backend/media";
import { finishedKey } from "@video-backend/storage/layout";
import type { JobRow } from "../database/schema.ts";
import { forgetLostSegments } from "../ledger/repair-files.ts";
import { makePoster } from "../pictures/make-poster.ts";
import { makeStoryboard } from "../pictures/make-storyboard.ts";
import { prepareSubtitles } from "../subtitles/prepare-subtitles.ts";
import { prepareTitle } from "../titles/match-title.ts";
import type { EngineDeps } from "./engine.ts";
import { prepareVideo } from "./prepare-video.ts";
import { createPublisher } from "./publisher.ts";

/** What a demand needs of a job that runs. */
export interface RunningJob {
  plan: Plan;
  /** What was demanded and is not made whole yet, waiting or at an encoder. */
  demanded: Set<Chunk>;
  /** Makes a chunk ahead of everything else; settles as that does. */
  makeNow(chunk: Chunk): Promise<void>;
  /** Makes the poster where it is missing; resolves in any case. */
  makePoster(): Promise<void>;
}

/**
 * Resolves when every segment is made, the playlists say so and the pictures are there; rejects with the signal's reason
 * when stopped, with SourceError or ChunkError when it cannot be made. Whatever happens, the playlists list what may be
 * asked for.
 *
 * @param onRunning called when the playlists are there and demands can be taken
 */
export async function runJob(
  deps: EngineDeps,
  job: JobRow,
  signal: AbortSignal,
  onRunning: (running: RunningJob) => void,
): Promise<void> {
  const { videoId } = job;
  const { plan, source, soundSource } = await deps.preparations.add(() => prepareVideo(deps, job, signal), { signal });
  deps.jobs.move(videoId, "running", { startedAt: job.startedAt ?? deps.now(), error: null, fault: null });
  // It may have been left by a run that was ended between this and the job's last state.
  await deps.store.remove(finishedKey(videoId));
  await forgetLostSegments(deps, videoId);
  const failedEncoders = new Set<string>();
  const publisher = await createPublisher(deps, videoId, plan, () => deps.encoders.pick(failedEncoders).name);
  deps.progress.jobMoved(videoId);

  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const demands = new Set<Promise<void>>();
  const beside = [prepareTitle(deps, videoId, either)];
  const common = { videoId, plan, source, soundSource, failedEncoders };
  const makeInTurn = (chunk: Chunk, position: number): Promise<void> =>
    // The n-th chunk of every video comes before the next of any: a long video does not hold up a short one.
    deps.queue.add({
      work: { ...common, chunk, pace: "background", demanded: false },
      priority: -position,
      signal: either,
    });
  const makeNow = (chunk: Chunk, demanded: boolean): Promise<void> =>
    deps.demands.add({
      work: { ...common, chunk, pace: "now", demanded },
      priority: demanded ? 1 : 0,
      signal: either,
    });
  onRunning({
    plan,
    demanded: new Set(),
    makeNow(chunk) {
      const making = makeNow(chunk, true);
      const settled = making.catch(() => undefined).finally(() => demands.delete(settled));
      demands.add(settled);
      return making;
    },
    makePoster: () => makePoster(deps, { videoId, plan, source }, either),
  });
  try {
    const remaining = () => remainingChunks(plan, (rendition, index) => deps.ledger.has(videoId, rendition, index));
    // What everybody will ask for first is made as if they had, with the machine to itself.
    const opening = (chunk: Chunk) => makeNow(chunk, false);
    await settle(remaining().opening.map(opening), failed);
    const video = { videoId, plan, source };
    beside.push(makePoster(deps, video, either), prepareSubtitles(deps, video, either));
    // Another round finds what a demand had begun and did not finish; each round makes something or throws. What was lost
    // from the disk meanwhile is missing, too.
    do {
      for (let left = remaining(); left.opening.length + left.rest.length > 0; left = remaining()) {
        await settle([...left.opening, ...left.rest].map(makeInTurn), failed);
        await Promise.all(demands);
      }
    } while ((await forgetLostSegments(deps, videoId)) > 0);
    signal.throwIfAborted();
    assertSomethingIsThere(deps, videoId, plan);
  } finally {
    await Promise.all([...demands, ...beside]);
    await publisher.close(signal.aborted ? "making" : "ended");
  }
  await makeStoryboard(deps, { videoId, plan }, signal);
  signal.throwIfAborted();
  await deps.workspace.remove(videoId);
  await deps.store.put(finishedKey(videoId), JSON.stringify({ finished_at: deps.now() }));
}

/** Waits for all; the first failure ends the others, and is what is thrown. */
async function settle(all: Promise<void>[], failed: AbortController): Promise<void> {
  let first: { error: unknown } | undefined;
  await Promise.all(
    all.map((one) =>
      one.catch((error: unknown) => {
        first ??= { error };
        failed.abort(error);
      }),
    ),
  );
  if (first) throw first.error;
}

function assertSomethingIsThere(deps: EngineDeps, videoId: string, plan: Plan): void {
  const names = new Set(pictureRenditions(plan).map((rendition) => rendition.name));
  const wanted = deps.ledger.list(videoId).filter((segment) => names.size === 0 || names.has(segment.rendition));
  if (wanted.some((segment) => segment.bytes > 0)) return;
  throw new SourceError("Not one frame of this file could be decoded");
}
