/** What is asked of files that tests use as sources. */
import { join } from "node:path";
import { type IndexRow, readIndex } from "./corpus/index-rows.ts";

/** The rows of a folder's own index; nothing where it has none. */
export async function mediaIndex(folder: string): Promise<IndexRow[]> {
  const table = Bun.file(join(folder, "INDEX.tsv"));
  return (await table.exists()) ? readIndex(await table.text()) : [];
}

/** Frames of a file's video, and the time they cover in seconds: decoded, since an edit list may hide packets. */
export async function videoOf(path: string): Promise<{ frames: number; seconds: number; frameRate: number }> {
  const entries = "stream=r_frame_rate:frame=pts_time";
  const command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", entries, "-of", "json", path];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  const { streams, frames } = (await new Response(child.stdout).json()) as {
    streams: { r_frame_rate: string }[];
    frames: { pts_time: string }[];
  };
  const [above = 25, below = 1] = (streams[0]?.r_frame_rate ?? "").split("/").map(Number);
  const times = frames.map((frame) => Number(frame.pts_time));
  const frameRate = above / below;
  return { frames: frames.length, seconds: Math.max(...times) - Math.min(...times) + 1 / frameRate, frameRate };
}
