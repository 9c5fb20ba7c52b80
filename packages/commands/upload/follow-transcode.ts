/** Follows a video from its upload to the end of its transcoding, and tells as soon as it plays. */
import { isServiceError } from "@video-backend/service";
import type { TranscodingClient, TranscodingStatus } from "@video-backend/transcoding/client";
import type { UploadClient } from "@video-backend/upload/client";
import { parseResponse } from "hono/client";
import type { Screen } from "./screen.ts";

export interface FollowTranscode {
  transcoding: TranscodingClient;
  upload: UploadClient;
  uploadId: string;
  /** Where it plays. */
  playbackUrl: string;
  screen: Screen;
  /** Waits between two looks; a test's need not. */
  pause: (seconds: number) => Promise<void>;
}

const secondsBetween = 1;
const patienceSeconds = 60;

/** @throws Error when the transcode fails, or nobody takes the video on for a minute */
export async function followTranscode(options: FollowTranscode): Promise<void> {
  const { screen, playbackUrl, pause } = options;
  let saidPlayable = false;
  let silentSeconds = 0;
  for (;;) {
    const status = await askStatus(options);
    silentSeconds = status === null ? silentSeconds + secondsBetween : 0;
    if (status === null) {
      if (silentSeconds > patienceSeconds) throw new Error(await whyNobodyTookIt(options));
      screen.show("waiting for the transcoding service");
    } else {
      if (status.playable && !saidPlayable) screen.say(`playable now: ${playbackUrl}`);
      saidPlayable ||= status.playable;
      if (status.overall === "ok") return screen.say(`done: ${playbackUrl}`);
      if (status.overall === "error") throw new Error(`Transcoding failed: ${status.error ?? "no reason was given"}`);
      if (status.overall === "stopped") return screen.say("stopped; what is made so far plays");
      screen.show(renditionProgress(status));
    }
    await pause(secondsBetween);
  }
}

/** Null while transcoding knows nothing of it, or is away. */
async function askStatus({ transcoding, upload, uploadId }: FollowTranscode): Promise<TranscodingStatus | null> {
  try {
    return await parseResponse(transcoding.transcode.status[":upload_id"].$get({ param: { upload_id: uploadId } }));
  } catch (error) {
    if (!isServiceError(error, "not_found") && !isServiceError(error, "unavailable")) throw error;
  }
  const { state, error } = await parseResponse(upload.upload[":upload_id"].$get({ param: { upload_id: uploadId } }));
  if (state === "refused") throw new Error(`Transcoding was refused: ${error}`);
  return null;
}

async function whyNobodyTookIt({ upload, uploadId }: FollowTranscode): Promise<string> {
  const { error } = await parseResponse(upload.upload[":upload_id"].$get({ param: { upload_id: uploadId } }));
  const reason = error ?? "the transcoding service does not know it";
  return `The upload is safe, but is not transcoded yet: ${reason}. It is handed over once the services run; the same command then follows it.`;
}

/**
 * The source itself and rungs that are not made are left out.
 *
 * @example "transcoding  1080p 12%  720p 14%  audio 100%"
 */
export function renditionProgress({ qualities, audio }: Pick<TranscodingStatus, "qualities" | "audio">): string {
  const renditions = Object.entries({ ...qualities, ...(audio ? { audio } : {}) })
    .filter(([name, { status }]) => name !== "original" && status !== "skipped")
    .map(([name, { progress }]) => `${name} ${Math.floor(progress)}%`);
  return ["transcoding", ...renditions].join("  ");
}
