/** Takes one file through the running system and looks at what is served of it, with nothing but HTTP and ffmpeg. */
import { stat } from "node:fs/promises";
import { messageOf } from "@video-backend/service";
import { inspectStream } from "../inspect-stream.ts";
import type { System } from "../system.ts";
import { UploadError, uploadFile } from "../upload-file.ts";
import { followVideo } from "./follow-video.ts";
import { measureSource } from "./measure-source.ts";
import type { Outcome } from "./outcome.ts";

/** As clients in the field have them. */
const chunkBytes = 2 * 1024 * 1024;

/** @throws Error when the system itself is broken, and the signal's reason */
export async function runFile(system: System, path: string, signal?: AbortSignal): Promise<Outcome> {
  const begin = performance.now();
  const seconds = () => (performance.now() - begin) / 1000;
  const nothing = { reason: "", warnings: [], looked: null, lookError: null };
  let videoId: string;
  try {
    videoId = await uploadFile(system, path, Math.max(1, Math.ceil((await stat(path)).size / chunkBytes)));
  } catch (error) {
    if (!(error instanceof UploadError) || error.status >= 500) throw error;
    return { ...nothing, end: "refused", reason: error.detail, seconds: seconds() };
  }
  const { overall, error = "", warnings = [], progress = 0 } = await followVideo(system, videoId, signal);
  const ended = { ...nothing, warnings, seconds: seconds() };
  if (overall === "ok") return { ...ended, end: "ok", ...(await look(system, videoId, path)) };
  if (overall === "error") return { ...ended, end: "error", reason: error };
  // It would keep the processor from all that follow.
  await fetch(`${system.url.admin}/admin/videos/${videoId}/stop`, { method: "POST" });
  return { ...ended, end: "unfinished", reason: `it is ${overall} at ${progress}%` };
}

async function look(system: System, videoId: string, path: string): Promise<Pick<Outcome, "looked" | "lookError">> {
  try {
    const source = await measureSource(path);
    const stream = await inspectStream(`${system.url.streaming}/stream/${videoId}/master.m3u8`);
    return { looked: { stream, source }, lookError: null };
  } catch (error) {
    return { looked: null, lookError: messageOf(error) };
  }
}
