/** A job as the contract shows it, from plan, ledger, images and what is in flight. Nothing of it is stored. */
import { audioRenditions, type Plan, type Rendition, videoRenditions, withoutAddress } from "@video-backend/media";
import { masterFile, playlistFile } from "@video-backend/storage/layout";
import type { RenditionStatus, SourceFacts, TranscodingStatus } from "../contract.ts";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { findImages } from "../images/find-images.ts";
import { isPlayable, type RenditionSegments } from "../ledger/video-segments.ts";
import type { JobState } from "../states.ts";
import { describeSubtitles, warningsOfCharsets } from "../subtitles/describe-subtitles.ts";
import { encodeTasks, idPrefix } from "../tasks/task.ts";
import { getJob } from "./jobs.ts";

const overallOf = { queued: "running", running: "running", ok: "ok", error: "error", stopped: "stopped" } as const;

/** @throws ServiceError `not_found`: Status not found */
export async function describeJob(
  deps: Pick<TranscodingDeps, "jobs" | "ledger" | "queue" | "changes" | "attempts" | "store" | "subtitles">,
  videoId: string,
): Promise<TranscodingStatus> {
  const job = await getJob(deps, videoId);
  const plan = job.plan;
  const segments = await deps.ledger.segments(videoId);
  const inQueue = await deps.queue.list(idPrefix(videoId));
  const running = encodeTasks(inQueue.filter(({ state }) => state === "running").map(({ task }) => task));
  const inFlight = new Set(running.flatMap(({ chunk }) => chunk.renditions));
  const waiting = deps.changes.waitingFor(videoId);
  const describe = (rendition: Rendition) => describeRendition(job, rendition, segments.of(rendition.name), inFlight);
  const total = plan?.renditions.reduce((sum, rendition) => sum + rendition.segmentCount, 0) ?? 0;
  const audios = plan ? audioRenditions(plan) : [];
  const subtitles = await deps.subtitles.list(videoId);
  return {
    upload_id: videoId,
    filename: job.filename,
    started_at: job.startedAt ?? job.createdAt,
    finished_at: job.finishedAt,
    overall: overallOf[job.state],
    original_resolution: plan?.video ? `${plan.video.width}x${plan.video.height}` : null,
    original_quality_label: plan?.video?.qualityLabel ?? null,
    duration: plan?.video?.endSeconds ?? null,
    source: plan && describeSource(plan),
    master_playlist: masterFile,
    ...(await findImages(deps.store, videoId)),
    playable: plan !== null && isPlayable(plan, segments),
    progress: percent(segments.count, total),
    ...(job.state !== "error" || job.error === null ? {} : { error: job.error }),
    ...(job.state !== "error" || job.fault === null ? {} : { fault: job.fault }),
    ...(waiting === null ? {} : { waiting }),
    qualities: {
      original: {
        status: "ok",
        progress: 100,
        file: job.filename,
        path: job.filename,
        resolution: plan?.video ? `${plan.video.width}x${plan.video.height}` : null,
        quality_label: plan?.video?.qualityLabel ?? null,
      },
      ...Object.fromEntries(
        (plan ? videoRenditions(plan) : []).map((rung) => [
          rung.name,
          { ...describe(rung), target_resolution: `${rung.width}x${rung.height}` },
        ]),
      ),
      ...Object.fromEntries((plan?.leftOut ?? []).map((rung) => [rung.name, describeLeftOut(rung)])),
    },
    audio: audios[0] ? describe(audios[0]) : null,
    audio_tracks: audios.map((audio) => {
      const { name, language, title, channels } = audio;
      return { name, language, title, channels, ...describe(audio) };
    }),
    warnings: [
      ...(plan?.warnings ?? []),
      ...damage(await deps.attempts.complaint(videoId)),
      ...warningsOfCharsets(subtitles),
    ],
    ...describeSubtitles(plan, subtitles),
  };
}

function describeSource({ source, video }: Plan): SourceFacts | null {
  if (!source) return null;
  return {
    container: source.container,
    video: video && {
      codec: source.codec,
      pixel_format: source.pixelFormat,
      resolution: `${video.width}x${video.height}`,
      frame_rate: video.frameRate,
      variable_frame_rate: video.variableFrameRate,
      interlaced: video.isInterlaced,
      range: video.colour.range,
    },
    audio: source.audio.map(({ codec, channels, sampleRate }) => ({ codec, channels, sample_rate: sampleRate })),
  };
}

function damage(complaint: string | null): string[] {
  const [first] = complaint?.split("\n") ?? [];
  return first ? [`The source is damaged in places; what can be decoded is shown (${withoutAddress(first)})`] : [];
}

function describeRendition(job: JobRow, rendition: Rendition, made: RenditionSegments, inFlight: Set<string>) {
  const whole = made.count === rendition.segmentCount;
  const path = `${rendition.name}/${playlistFile}`;
  return {
    status: whole ? ("ok" as const) : unfinishedStatus(job.state, made.count > 0, inFlight.has(rendition.name)),
    progress: percent(made.count, rendition.segmentCount),
    path,
    playlist: path,
    segments_done: made.count,
    segments_total: rendition.segmentCount,
    started_at: made.firstMadeAt,
    updated_at: made.lastMadeAt,
    finished_at: whole ? made.lastMadeAt : null,
    ...(job.state === "error" && !whole && job.error !== null ? { message: job.error } : {}),
  };
}

function unfinishedStatus(state: JobState, begun: boolean, inFlight: boolean): RenditionStatus["status"] {
  if (state === "error" || state === "stopped") return state;
  if (begun) return "running";
  return inFlight ? "starting" : "queued";
}

function describeLeftOut(rung: Plan["leftOut"][number]): RenditionStatus {
  const path = `${rung.name}/${playlistFile}`;
  return {
    status: "skipped",
    progress: 0,
    target_resolution: `${rung.width}x${rung.height}`,
    path,
    playlist: path,
    segments_done: 0,
    segments_total: 0,
    started_at: null,
    updated_at: null,
    finished_at: null,
    message: rung.reason,
  };
}

const percent = (done: number, total: number): number => (total === 0 ? 0 : Math.round((1000 * done) / total) / 10);
