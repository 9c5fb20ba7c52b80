/**
 * The key frames of a rung, for scrubbing and fast forward: byte ranges at the heads of the segments, since each segment
 * begins with a key frame (RFC 8216, 4.3.3.6). Nothing is encoded or stored for it.
 */
import { iframesFile, segmentFile } from "@video-backend/storage/layout";
import type { VideoRendition } from "../plan.ts";
import { existing, isWhole, type LedgerSegment, segmentsOf } from "./listed-segments.ts";
import { targetDuration } from "./media-playlist.ts";
import { measuredRates } from "./rates.ts";

/** A key frame as a list tells of it. */
interface KeyFrame {
  index: number;
  /** From the file's start. */
  bytes: number;
  /** Until the next one, or to the end. */
  durationSeconds: number;
  init: string;
}

/**
 * The key frames of a rung of which nothing is left to make; else null. A range cannot be known before its segment is
 * made, and a player that took a list too early would not come back for the rest.
 */
function keyFramesOf(rung: VideoRendition, ledger: LedgerSegment[]): KeyFrame[] | null {
  const made = existing(segmentsOf(ledger, rung));
  const areKnown = made.length > 0 && made.every((segment) => segment.keyFrameBytes > 0);
  if (!areKnown || !isWhole(rung, ledger)) return null;
  return made.map(({ index, keyFrameBytes, startSeconds, durationSeconds, init }, position) => {
    const next = made[position + 1]?.startSeconds ?? startSeconds + durationSeconds;
    return { index, init, bytes: keyFrameBytes, durationSeconds: next - startSeconds };
  });
}

/** The playlist; null until the whole rung is made. */
export function iframePlaylist(rung: VideoRendition, ledger: LedgerSegment[]): string | null {
  const frames = keyFramesOf(rung, ledger);
  if (!frames) return null;
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${targetDuration(frames.map((frame) => frame.durationSeconds))}`,
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-I-FRAMES-ONLY",
    "#EXT-X-INDEPENDENT-SEGMENTS",
  ];
  let init = "";
  for (const frame of frames) {
    if (frame.init !== init) {
      init = frame.init;
      lines.push(`#EXT-X-MAP:URI="${init}"`);
    }
    lines.push(`#EXTINF:${frame.durationSeconds.toFixed(6)},`, `#EXT-X-BYTERANGE:${frame.bytes}@0`);
    lines.push(segmentFile(frame.index));
  }
  return `${lines.join("\n")}\n#EXT-X-ENDLIST\n`;
}

/** Its line in the master (4.3.4.3), for a rung that has such a playlist; else none. */
export function iframeLines(rung: VideoRendition, ledger: LedgerSegment[]): string[] {
  const frames = keyFramesOf(rung, ledger);
  if (!frames) return [];
  const rates = measuredRates(frames);
  const attributes = [
    `BANDWIDTH=${rates.peak}`,
    `AVERAGE-BANDWIDTH=${rates.average}`,
    `CODECS="${existing(segmentsOf(ledger, rung))[0]?.codec ?? rung.codec}"`,
    `RESOLUTION=${rung.width}x${rung.height}`,
    `URI="${rung.name}/${iframesFile}"`,
  ];
  return [`#EXT-X-I-FRAME-STREAM-INF:${attributes.join(",")}`];
}
