/** The files that both servers serve: one finished video, its segments as large as those of 720p are. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { segmentFile } from "@video-backend/storage/layout";
import type { Bench } from "../bench.ts";

/** A little under 100 MiB: what many watch of one video at the same time. */
const segmentCount = 48;
const leastBytes = 1_400_000;
const stepBytes = 15_000;
/** An hour in segments of 4 s. */
const listedCount = 900;

export interface DeliveredFiles {
  /** Has `hls/`. */
  storage: string;
  segmentPaths: string[];
  playlistPath: string;
}

let written: Promise<DeliveredFiles> | undefined;

/** Written when they are first asked for. */
export function deliveredFiles({ world }: Bench): Promise<DeliveredFiles> {
  written ??= write(world.path("delivery"));
  return written;
}

async function write(storage: string): Promise<DeliveredFiles> {
  const folder = join(storage, "hls", "film", "720p");
  await mkdir(folder, { recursive: true });
  for (let index = 0; index < segmentCount; index++) {
    await Bun.write(join(folder, segmentFile(index)), noise(leastBytes + index * stepBytes));
  }
  const listed = Array.from({ length: listedCount }, (_, index) => `#EXTINF:4.000000,\n${segmentFile(index)}\n`);
  await Bun.write(join(folder, "playlist.m3u8"), `#EXTM3U\n#EXT-X-VERSION:7\n${listed.join("")}#EXT-X-ENDLIST\n`);
  await Bun.write(join(storage, "hls", "film", "finished.json"), "{}");
  const address = (name: string) => `/stream/film/720p/${name}`;
  return {
    storage,
    segmentPaths: Array.from({ length: segmentCount }, (_, index) => address(segmentFile(index))),
    playlistPath: address("playlist.m3u8"),
  };
}

/** What cannot be made smaller, as video cannot. */
function noise(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  const atOnce = 65_536;
  for (let start = 0; start < sizeBytes; start += atOnce) {
    crypto.getRandomValues(bytes.subarray(start, Math.min(start + atOnce, sizeBytes)));
  }
  return bytes;
}
