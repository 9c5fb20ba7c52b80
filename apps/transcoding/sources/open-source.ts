/** Examines a source, writes the plan of a video that has none, and copies what cannot be encoded from as it is. */
import {
  type Access,
  type AudioFacts,
  type Facts,
  hasIndex,
  makePlan,
  probe,
  SourceError,
  type VideoFacts,
  whyNotText,
} from "@video-backend/media";
import { originalKey } from "@video-backend/storage/layout";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import type { OpenSource } from "../encoding/machine.ts";
import { audioCopy, seekableCopy } from "./copy-source.ts";

export type OpenSourceDeps = Pick<TranscodingDeps, "jobs" | "store" | "workspace" | "run" | "settings" | "log">;

/**
 * Opens the source of a job on this machine; `workspace.source` has it done once for all its tasks.
 *
 * @throws SourceError when there is nothing to make of it
 */
export async function openSource(deps: OpenSourceDeps, job: JobRow, signal: AbortSignal): Promise<OpenSource> {
  const original = deps.store.locate(originalKey(job.videoId, job.filename));
  if (!(await deps.store.exists(originalKey(job.videoId, job.filename))))
    throw new SourceError("The uploaded file is gone");
  const facts = await probe(original, deps.run, signal);
  const video = { videoId: job.videoId, original, facts };
  const planned = job.plan;
  const access = planned ? (planned.access ?? accessOfBefore(facts)) : accessOf(facts);
  const isCopied = access !== "source";
  const copy = access === "source" ? null : await seekableCopy(deps, video, access, signal);
  const source = copy?.path ?? original;
  const audio = isCopied ? null : await audioCopy(deps, video, planned?.audioIsDecoded, signal);
  const audioSource = audio ?? source;
  if (planned) return { source, audioSource };
  const seen = isCopied ? await factsOfCopy(deps, source, facts, signal) : facts;
  const heard = audio === null ? seen.audio : await audioOfCopy(deps, audio, facts, signal);
  const { segmentSeconds, rateControl } = deps.settings;
  const warnings = [...seen.warnings, ...(copy?.warnings ?? [])];
  const plan = makePlan(
    { ...seen, warnings, container: facts.container, audio: heard },
    { segmentSeconds, rateControl, networkSpeed: job.networkSpeed },
  );
  await deps.jobs.keepPlan(job.videoId, { ...plan, access, audioIsDecoded: audio !== null });
  return { source, audioSource };
}

/** What can be taken from the source itself is copied all the same where times in it are wrong, or a stream shows late. */
function accessOf({ access, video, needsDeepProbe }: Pick<Facts, "access" | "video" | "needsDeepProbe">): Access {
  const isMended = (video?.mended.length ?? 0) > 0;
  return access === "source" && (needsDeepProbe === true || isMended) ? "copy" : access;
}

/** Of plans that do not tell it. */
function accessOfBefore(facts: Facts): Access {
  return accessOf({ ...facts, access: hasIndex(facts.container) ? "source" : "copy" });
}

/** What the copy is, with what did not go into it, so that it is told as left out. */
async function factsOfCopy(
  deps: Pick<TranscodingDeps, "run">,
  copy: string,
  original: Facts,
  signal: AbortSignal,
): Promise<Facts> {
  const facts = await probe(copy, deps.run, signal);
  const leftBehind = original.subtitles.filter((track) => whyNotText(track.codec) !== null);
  const first = original.video ? 1 : 0;
  const audio = facts.audio.map((one) => asOriginal(one, original.audio[one.stream - first]));
  const warnings = [...original.warnings, ...warningsOfSilence(original.audio, audio)];
  const video = facts.video && original.video && { ...facts.video, ...namesOf(original.video) };
  return { ...facts, video, audio, subtitles: [...facts.subtitles, ...leftBehind], warnings };
}

/** What people are told of a video that may be decoded in the copy. */
const namesOf = ({ codec, pixelFormat }: VideoFacts) => ({ codec, pixelFormat });

/** The facts of tracks that were decoded: what they are for an encoder, and what people are told they are. */
async function audioOfCopy(
  deps: Pick<TranscodingDeps, "run">,
  copy: string,
  { audio }: Facts,
  signal: AbortSignal,
): Promise<AudioFacts[]> {
  const decoded = await probe(copy, deps.run, signal);
  return decoded.audio.map((one) => asOriginal(one, audio[one.stream]));
}

/** Names are the original's, also of a codec that was decoded; how it is mixed and when it is heard is the copy's. */
function asOriginal(copied: AudioFacts, original: AudioFacts | undefined): AudioFacts {
  if (!original) return copied;
  const { codec, language, title, isDefault } = original;
  return { ...copied, codec, language, title, isDefault };
}

function warningsOfSilence(original: AudioFacts[], copied: AudioFacts[]): string[] {
  const missing = original.length - copied.length;
  return missing > 0 ? [`${missing} of ${original.length} audio tracks cannot be decoded`] : [];
}
