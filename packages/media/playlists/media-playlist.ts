/**
 * The playlist of one rendition (RFC 8216). It is written as a file, as all lists are, so that streaming, a web server or a
 * CDN can serve a finished video without anybody else being up.
 */
import { segmentFile } from "@video-backend/storage/layout";
import type { Plan, Rendition } from "../plan.ts";
import { type LedgerSegment, listedSegments, type PlaylistState } from "./listed-segments.ts";

/**
 * @param segments the rendition's own
 * @param nextInit file name of the init segment that goes with what is not made yet
 */
export function mediaPlaylist(
  plan: Plan,
  rendition: Rendition,
  segments: LedgerSegment[],
  state: PlaylistState,
  nextInit: string,
): string {
  const listed = listedSegments(plan, rendition, segments, state, nextInit);
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${targetDuration(listed.map((segment) => segment.durationSeconds))}`,
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS",
  ];
  let init = "";
  for (const segment of listed) {
    if (segment.init !== init && !segment.isGap) {
      init = segment.init;
      lines.push(`#EXT-X-MAP:URI="${init}"`);
    }
    if (segment.isGap) lines.push("#EXT-X-GAP");
    lines.push(`#EXTINF:${segment.durationSeconds.toFixed(6)},`, segmentFile(segment.index));
  }
  return `${lines.join("\n")}\n#EXT-X-ENDLIST\n`;
}

/** "The EXTINF duration of each Media Segment, when rounded to the nearest integer, MUST be less than or equal" to it (4.3.3.1). */
export const targetDuration = (seconds: number[]): number => Math.max(1, ...seconds.map(Math.round));
