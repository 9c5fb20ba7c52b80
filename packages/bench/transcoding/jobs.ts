/** The transcoding service's jobs, from outside. */
import type { System } from "@video-backend/end-to-end/system";
import { uploadFile } from "@video-backend/end-to-end/upload-file";
import { poll } from "../poll.ts";

const uploadedChunkBytes = 16 * 1024 * 1024;

/** Uploads a file in chunks; resolves with the video's id when `upload/complete` has answered. */
export function place(system: System, path: string): Promise<string> {
  return uploadFile(system, path, Math.max(1, Math.ceil(Bun.file(path).size / uploadedChunkBytes)));
}

/** Resolves when every segment is made, and the storyboard of them. */
export function untilDone(system: System, videoId: string, signal: AbortSignal): Promise<void> {
  return untilStatus(system, videoId, ({ overall }) => overall === "ok", signal);
}

/** Resolves when every segment is made. */
export function untilMade(system: System, videoId: string, signal: AbortSignal): Promise<void> {
  return untilStatus(system, videoId, ({ progress }) => progress === 100, signal);
}

interface Status {
  overall?: string;
  progress?: number;
  error?: string;
}

async function untilStatus(
  system: System,
  videoId: string,
  isReached: (status: Status) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const ask = async () => {
    const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`, { signal });
    const status = (await response.json()) as Status;
    const { overall, error } = status;
    if (overall === "error" || overall === "stopped") throw new Error(`The job is ${overall}: ${error}`);
    return isReached(status) ? true : null;
  };
  await poll(`${videoId} is transcoded`, ask, { signal, everySeconds: 0.05, limitSeconds: 400 });
}

/** Ends a job, so that the next measurement has the machine to itself. */
export async function stop(system: System, videoId: string): Promise<void> {
  await post(`${system.url.transcoding}/transcode/${videoId}/stop`);
}

/** Starts the job of a file that lies in its place already. */
export async function start(system: System, job: { videoId: string; filename: string; networkSpeed: number }) {
  await post(`${system.url.transcoding}/transcode/start`, {
    upload_id: job.videoId,
    filename: job.filename,
    network_speed: job.networkSpeed,
  });
}

async function post(url: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", ...(body && { headers, body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
