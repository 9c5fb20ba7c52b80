/** Asks for a video's status until it has ended, or until nothing moves any more. */
import { setTimeout } from "node:timers/promises";
import type { System } from "../system.ts";

/** The parts of the status that are read. */
export interface FollowedStatus {
  overall: string;
  error?: string;
  warnings?: string[];
  progress?: number;
}

/** Nothing moves for so long: it hangs. The machine may be busy with others, so this is generous. */
const stallSeconds = 120;
const limitSeconds = 1800;
const everySeconds = 0.1;

/** @returns the last status, which is still `running` where it hangs */
export async function followVideo(system: System, videoId: string, signal?: AbortSignal): Promise<FollowedStatus> {
  const begin = performance.now();
  let moved = begin;
  let last = "";
  for (;;) {
    signal?.throwIfAborted();
    const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
    const body = await response.text();
    // 404 for the moment between the end of the upload and the start of the job.
    const status: FollowedStatus = response.ok ? JSON.parse(body) : { overall: "running" };
    if (status.overall !== "running") return status;
    const now = performance.now();
    if (`${status.progress}` !== last) moved = now;
    last = `${status.progress}`;
    if (now - moved > stallSeconds * 1000 || now - begin > limitSeconds * 1000) return status;
    await setTimeout(everySeconds * 1000, undefined, signal && { signal });
  }
}
