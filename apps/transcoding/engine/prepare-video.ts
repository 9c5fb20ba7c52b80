/** The first step of a job: look at the source, and write the plan. */
import {
  type Facts,
  hasPackedSound,
  makePlan,
  type Plan,
  probe,
  remuxCommand,
  SourceError,
  whyNotText,
} from "@video-backend/media";
import type { JobRow } from "../database/schema.ts";
import { planOf } from "../jobs/jobs.ts";
import type { EngineDeps } from "./engine.ts";
import { readThrough } from "./read-through.ts";
import { unpackSound } from "./unpack-sound.ts";

export interface PreparedVideo {
  plan: Plan;
  /** What ffmpeg opens: the original, or its Matroska copy where the original does not seek exactly. */
  source: string;
  /** The same for sound, whose stream numbers in the plan are this file's. */
  soundSource: string;
}

export const originalKey = (videoId: string, filename: string): string => `originals/${videoId}/${filename}`;

/** The name of the copy in the workspace; it is there until the job has ended well. */
const copyName = "source.mkv";

/** @throws SourceError when there is nothing to make of the source */
export async function prepareVideo(deps: EngineDeps, job: JobRow, signal: AbortSignal): Promise<PreparedVideo> {
  const original = deps.store.locate(originalKey(job.videoId, job.filename));
  if (!(await deps.store.exists(originalKey(job.videoId, job.filename))))
    throw new SourceError("The uploaded file is gone");
  const facts = await probe(original, deps.run, signal);
  const source = facts.seeksExactly ? original : await seekableCopy(deps, job, original, facts, signal);
  const isPacked = source === original && hasPackedSound(facts);
  const soundSource = isPacked ? await unpackSound(deps, job.videoId, source, facts, signal) : source;
  const planned = planOf(job);
  if (planned) return { plan: planned, source, soundSource };
  const seen = source === original ? facts : await factsOfCopy(deps, source, facts, signal);
  const sound = isPacked ? facts.sound.map((one, stream) => ({ ...one, stream })) : seen.sound;
  const plan = makePlan(
    { ...seen, container: facts.container, sound },
    { segmentSeconds: deps.settings.segmentSeconds, networkSpeed: job.networkSpeed },
  );
  return { plan: deps.jobs.keepPlan(job.videoId, plan), source, soundSource };
}

/** What the copy is, with what did not go into it, so that it is told as left out. */
async function factsOfCopy(deps: EngineDeps, copy: string, original: Facts, signal: AbortSignal): Promise<Facts> {
  const facts = await probe(copy, deps.run, signal);
  const leftBehind = original.subtitles.filter((track) => whyNotText(track.codec) !== null);
  return { ...facts, subtitles: [...facts.subtitles, ...leftBehind], warnings: original.warnings };
}

function seekableCopy(
  deps: EngineDeps,
  job: JobRow,
  original: string,
  facts: Facts,
  signal: AbortSignal,
): Promise<string> {
  // Subtitles go along so that their times stay in step with the picture's, which the copy may move.
  const text = facts.subtitles.filter((track) => whyNotText(track.codec) === null);
  const tracks = [...(facts.picture ? [facts.picture] : []), ...facts.sound, ...text];
  const streams = tracks.map((track) => track.stream);
  return deps.workspace.keep(job.videoId, copyName, (temporary) =>
    readThrough(deps, "The file", remuxCommand(original, temporary, streams), signal),
  );
}
