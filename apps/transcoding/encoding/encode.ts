/**
 * Makes a chunk: one ffmpeg, whose segments are verified, put in place and entered in the ledger one by one while it
 * still runs. When it ends early, what it has finished by then stays; the next attempt makes only the rest, with the next
 * encoder.
 */
import { access } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import {
  audioCommand,
  type CommandSettings,
  type Encoder,
  entryCommand,
  gridSeconds,
  type Has,
  keyFrameBefore,
  missingOf,
  type Plan,
  passedSeconds,
  SourceError,
  videoCommand,
  wayIn,
} from "@video-backend/media";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { openSource } from "../sources/open-source.ts";
import { chunkHas, type EncodeTask, encodeTasks, idPrefix } from "../tasks/task.ts";
import { type CollectDeps, createSegmentCollector } from "./collect-segments.ts";
import { ChunkError, type Fault, faultOfRun, isDiskFull, ownComplaints } from "./faults.ts";
import { diskRetrySeconds, type OpenSource, untilThereIsRoom } from "./machine.ts";

export type EncodeDeps = CollectDeps &
  Pick<
    TranscodingDeps,
    "jobs" | "attempts" | "meters" | "queue" | "encoders" | "workspace" | "disk" | "settings" | "log" | "now"
  >;

/** A chunk with all that its encoder needs to know. */
interface ChunkWork extends Pick<EncodeTask, "id" | "videoId" | "chunk" | "isDemanded" | "lane">, OpenSource {
  plan: Plan;
  /** As in the settings of a command. */
  heldFromSeconds?: number;
}

const attempts = 3;
/** Services stay quick beside it; 19 made the encoders themselves 5% slower, by ever shorter turns. */
const backgroundNiceness = 10;
const farNiceness = 5;
/** A finished segment is noticed at the next report of ffmpeg; the mean of this is waited for half as long. */
const hurriedReportSeconds = 0.025;
/** Of the last chunk in the queue: it may use every processor, and takes what the ones before it leave. */
const lastNiceness = 15;

/**
 * What another encoder is at work on is left to that one, unless somebody waits: who demands the last segment of a long
 * chunk does not wait for all before it.
 *
 * @throws ChunkError when something is still missing after the last attempt; SourceError when the source is gone
 */
export async function encode(deps: EncodeDeps, task: EncodeTask, job: JobRow, signal: AbortSignal): Promise<void> {
  const paths = await deps.workspace.source(job.videoId, () => openSource(deps, job, signal));
  const plan = job.plan;
  // A track may have been left out since the task was added.
  if (!plan || !task.chunk.renditions.every((name) => plan.renditions.some((one) => one.name === name))) return;
  const { id, videoId, chunk, isDemanded, lane } = task;
  const work: ChunkWork = { id, videoId, plan, chunk, isDemanded, lane, ...paths };
  let fault: Fault | null = null;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const part of missingOf(plan, chunk, await madeOrInProgress(deps, task))) {
      await untilThereIsRoom(deps.disk, signal, (sentence) => deps.changes.tellWaiting(videoId, sentence));
      const isHeld = attempt > 1 && fault?.isHole === true;
      const held = isHeld ? await heldFrame(deps, { ...work, chunk: part }, signal) : {};
      const tried = await tryPart(deps, { ...work, ...held, chunk: part }, attempt, signal);
      fault = tried ?? fault;
      const isFull = tried?.class === "disk";
      deps.changes.tellWaiting(videoId, isFull ? "Waiting for room on the disk: a write found none" : null);
      if (!isFull) continue;
      attempt = 0;
      await setTimeout(diskRetrySeconds * 1000, undefined, { signal });
    }
    if (missingOf(plan, chunk, await madeOrInProgress(deps, task)).length === 0) return;
  }
  // What every encoder fails on is the source's doing.
  throw new ChunkError(
    `Encoding failed ${attempts} times: ${fault?.reason ?? "no reason was given"}`,
    fault?.killed ? "encoder" : "source",
  );
}

/** From where on frames are decoded that are held over what is missing. */
async function heldFrame({ run }: EncodeDeps, { plan, chunk, source }: ChunkWork, signal: AbortSignal) {
  if (chunk.kind === "audio") return {};
  const begin = gridSeconds(plan, "video", chunk.first);
  const seconds = await keyFrameBefore(source, plan.video?.stream ?? 0, begin, run, signal);
  return seconds === null ? {} : { heldFromSeconds: seconds };
}

async function madeOrInProgress({ ledger, queue }: EncodeDeps, { id, videoId, isDemanded }: EncodeTask): Promise<Has> {
  const made = await ledger.made(videoId);
  if (isDemanded) return made;
  const inQueue = await queue.list(idPrefix(videoId));
  const running = inQueue.filter(({ task, state }) => task.id !== id && state === "running").map(({ task }) => task);
  const others = encodeTasks(running);
  return (name, index) => made(name, index) || others.some(({ chunk }) => chunkHas(chunk, name, index));
}

/** One ffmpeg; answers why it did not make the whole part, or null. */
async function tryPart(deps: EncodeDeps, work: ChunkWork, attempt: number, signal: AbortSignal): Promise<Fault | null> {
  const { videoId, chunk } = work;
  const encoder = deps.encoders.pick(await deps.attempts.failedEncoders(videoId));
  const fault = await encodePart(deps, work, encoder, attempt, signal);
  if (!fault) {
    deps.encoders.recordSuccess(encoder.name);
    return null;
  }
  deps.log.warn({ videoId, chunk, attempt, encoder: encoder.name, ...fault }, "a chunk was not made whole");
  await assertSourceIsThere(sourceOf(work));
  if (fault.class === "encoder" && chunk.kind === "video")
    deps.encoders.recordFailure(encoder.name, fault.reason, videoId);
  return fault;
}

async function encodePart(
  deps: EncodeDeps,
  work: ChunkWork,
  encoder: Encoder,
  attempt: number,
  signal: AbortSignal,
): Promise<Fault | null> {
  const { videoId, plan, chunk, isDemanded } = work;
  const isHurried = work.lane !== "encode";
  // Processes share the processors while several run; the last one may use all, since none waits that could.
  const isLast = !isHurried && (await deps.queue.count("encode")).waiting === 0;
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const settings = {
      ...deps.settings,
      source: sourceOf(work),
      directory: ".",
      ...(work.heldFromSeconds === undefined ? {} : { heldFromSeconds: work.heldFromSeconds }),
      encoder,
      threads: isHurried || isLast ? deps.settings.allThreads : deps.settings.threads,
      reportSeconds: isHurried ? hurriedReportSeconds : 0.5,
    };
    const command = chunk.kind === "audio" ? audioCommand(plan, chunk, settings) : videoCommand(plan, chunk, settings);
    const encoderName = chunk.kind === "audio" ? "aac" : encoder.name;
    const collected = { videoId, plan, chunk, path: sourceOf(work) };
    const options = { directory, attempt, encoder: encoderName };
    const collector = await createSegmentCollector(deps, collected, options, signal);
    let collecting = Promise.resolve();
    const startedAt = deps.now();
    const begin = gridSeconds(plan, chunk.kind, chunk.first);
    const fromSeconds = begin - passedSeconds(plan.video?.longGops ?? [], begin);
    const onLine = (line: string) => {
      const toSeconds = wayIn(line);
      if (toSeconds !== null)
        deps.changes.tellWay(work.id, { fromSeconds, toSeconds, tookSeconds: deps.now() - startedAt });
      // ffmpeg ends each report with this line; since the one before it a segment may have been finished.
      if (!line.startsWith("progress=")) return;
      collecting = collecting.then(() => collector.collect());
      // What goes wrong is thrown where it is awaited, when ffmpeg has ended; until then nobody listens.
      collecting.catch(() => undefined);
    };
    try {
      const result = await deps.run("ffmpeg", command, {
        signal,
        onLine,
        directory,
        niceness: isLast ? lastNiceness : nicenessOf(work),
      });
      await collecting;
      await collector.collect();
      const { exitCode } = result;
      if (exitCode === 0) await collector.enterEmptyIntervals();
      const ownFault = () => (exitCode === 0 ? collector.firstFault() : faultOfRun(result));
      const fault: Fault | null = signal.aborted ? { class: "stopped", reason: "It was stopped" } : ownFault();
      const isComplaint = fault === null && result.errors !== "" && chunk.kind === "video";
      const errors = isComplaint ? await complaintsOf(deps, work, settings, result.errors, signal) : result.errors;
      const ended = { startedAt, seconds: deps.now() - startedAt, exitCode, errors, fault: fault?.class ?? null };
      const attempted = { videoId, chunk, demanded: isDemanded, encoder: encoderName, command, ...ended };
      deps.meters.encode.of({ encoder: encoderName }).observe(ended.seconds);
      if (fault) deps.meters.countFailure("attempt", fault.class);
      await deps.attempts.record(attempted, signal);
      signal.throwIfAborted();
      return fault;
    } catch (error) {
      if (isDiskFull(error)) return { class: "disk", reason: "No space left on device" };
      throw error;
    } finally {
      deps.changes.tellWay(work.id, null);
      await collecting.catch(() => undefined);
    }
  });
}

/**
 * What ffmpeg said of a chunk that it made whole, but for what it says of any decode that begins there: a key frame of an open
 * GOP is followed by frames that refer to some before it. The way into a long group of pictures is not gone twice for that.
 */
async function complaintsOf(
  { run }: Pick<EncodeDeps, "run">,
  { plan, chunk }: ChunkWork,
  settings: CommandSettings,
  errors: string,
  signal: AbortSignal,
): Promise<string> {
  if (passedSeconds(plan.video?.longGops ?? [], gridSeconds(plan, chunk.kind, chunk.first)) > 0) return errors;
  const entry = await run("ffmpeg", entryCommand(plan, chunk, settings), { signal, niceness: backgroundNiceness });
  return entry.exitCode === 0 ? ownComplaints(errors, entry.errors, chunk.first === 0) : errors;
}

/** What ffmpeg opens for this chunk. */
const sourceOf = ({ chunk, source, audioSource }: Pick<ChunkWork, "chunk" | "source" | "audioSource">): string =>
  chunk.kind === "audio" ? audioSource : source;

/** What is far takes long, and gives way to what others wait for. */
function nicenessOf({ lane }: Pick<ChunkWork, "lane">): number {
  if (lane === "encode") return backgroundNiceness;
  return lane === "far" ? farNiceness : 0;
}

async function assertSourceIsThere(source: string): Promise<void> {
  try {
    await access(source);
  } catch {
    throw new SourceError("The uploaded file is gone");
  }
}
