/**
 * Makes a video's poster as soon as the player has something: a few moments of the source are looked at, the first good
 * one is taken, else the best. Of the source and not of segments, because of those only the first seconds exist by then.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  isGoodPoster,
  measureOf,
  type Plan,
  type PosterCandidate,
  posterCandidates,
  posterCommand,
  posterScore,
} from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import { posterFile, streamKey } from "@video-backend/storage/layout";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { type OpenSourceDeps, openSource } from "../sources/open-source.ts";
import { type ImageDeps, runImage } from "./run-image.ts";

type PosterDeps = OpenSourceDeps & ImageDeps & Pick<TranscodingDeps, "workspace" | "settings">;

interface VideoOfPoster {
  videoId: string;
  plan: Plan;
  /** What ffmpeg opens. */
  source: string;
}

/** For one moment: an exact one may cost the decoding of all frames since the key frame before it. */
const candidateSeconds = 20;
/** After this nothing new is looked at. */
const lookSeconds = 60;

/**
 * Does nothing where there is one already, or no image. A video without a poster is still a video: what goes wrong is
 * logged, and the step is done.
 */
export async function makePoster(deps: PosterDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { videoId } = job;
  const plan = job.plan;
  try {
    if (plan?.video && !(await deps.store.exists(streamKey(videoId, posterFile)))) {
      const { source } = await deps.workspace.source(job.videoId, () => openSource(deps, job, signal));
      await choosePoster(deps, { videoId, plan, source }, signal);
      await deps.jobs.markUnreported(videoId);
      deps.changes.tell(videoId, "job");
    }
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn({ videoId, reason: messageOf(error) }, "the poster could not be made");
  }
  await deps.jobs.markStepDone(videoId, "poster");
}

/** @throws Error when not one frame could be taken */
function choosePoster(deps: PosterDeps, { videoId, plan, source }: VideoOfPoster, signal: AbortSignal): Promise<void> {
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const candidates = plan.video ? posterCandidates(plan.video) : [];
    const until = deps.now() + lookSeconds;
    let best: { path: string; score: number } | null = null;
    let reason = "no frame was found";
    for (const [number, candidate] of candidates.entries()) {
      if (deps.now() > until) break;
      const path = join(directory, `${number}.jpg`);
      try {
        const seen = await look(deps, { videoId, plan, source }, candidate, path, signal);
        if (seen && (seen.isGood || !best || seen.score > best.score)) best = { path, score: seen.score };
        if (seen?.isGood) break;
      } catch (error) {
        signal.throwIfAborted();
        reason = messageOf(error);
      }
    }
    if (!best) throw new Error(`Nothing to make it of: ${reason}`);
    await deps.store.adopt(best.path, streamKey(videoId, posterFile));
  });
}

/** Makes an image of one moment; null where the source has none there. */
async function look(
  deps: PosterDeps,
  { videoId, plan, source }: VideoOfPoster,
  candidate: PosterCandidate,
  target: string,
  signal: AbortSignal,
) {
  if (!plan.video) return null;
  const command = posterCommand(plan.video, candidate, { source, target, threads: deps.settings.threads });
  const run = { videoId, name: "poster", first: 0, count: 0, command, timeoutSeconds: candidateSeconds } as const;
  const { lines, errors } = await runImage(deps, run, signal);
  const measure = measureOf(lines);
  const made = await stat(target).catch(() => null);
  if (!measure || !made?.size) return null;
  // What ffmpeg complains of is seldom whole; it is taken where there is nothing better.
  if (errors) return { isGood: false, score: posterScore(measure) / 4 };
  return { isGood: isGoodPoster(measure), score: posterScore(measure) };
}
