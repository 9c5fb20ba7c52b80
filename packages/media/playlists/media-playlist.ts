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
  let init = "";
  const lines = listed.map((segment) => {
    const isAnother = segment.init !== init && !segment.isGap;
    if (isAnother) init = segment.init;
    const before = `${isAnother ? mapLine(init) : ""}${segment.isGap ? "#EXT-X-GAP\n" : ""}`;
    return before + segmentLines(segment.index, segment.durationSeconds);
  });
  return playlistText(targetDuration(listed.map((segment) => segment.durationSeconds)), lines.join(""));
}

/** @param lines of all segments, each with its line end */
export const playlistText = (targetSeconds: number, lines: string): string => `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:${targetSeconds}
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
${lines}#EXT-X-ENDLIST
`;

export const mapLine = (init: string): string => `#EXT-X-MAP:URI="${init}"\n`;

export const segmentLines = (index: number, seconds: number): string =>
  `#EXTINF:${seconds.toFixed(6)},\n${segmentFile(index)}\n`;

/** "The EXTINF duration of each Media Segment, when rounded to the nearest integer, MUST be less than or equal" to it (4.3.3.1). */
export const targetDuration = (seconds: number[]): number => Math.max(1, ...seconds.map(Math.round));
