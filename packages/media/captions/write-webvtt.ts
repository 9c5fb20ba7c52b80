/** Writes WebVTT. */
import type { Captions } from "./cues.ts";

/**
 * In the head of a segment: its times are those of the streams (RFC 8216, 3.5), whose time line begins where the source's
 * does.
 */
export const onMediaTimeline = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000";

/** @param head lines below the first, such as `onMediaTimeline` */
export function writeWebvtt({ definitions, cues }: Captions, head: string[] = []): string {
  const blocks = cues.map(({ identifier, startMilliseconds, endMilliseconds, settings, text }) =>
    [
      ...(identifier ? [identifier] : []),
      `${timestamp(startMilliseconds)} --> ${timestamp(endMilliseconds)}${settings ? ` ${settings}` : ""}`,
      text,
    ].join("\n"),
  );
  return `${[["WEBVTT", ...head].join("\n"), ...definitions, ...blocks].join("\n\n")}\n`;
}

function timestamp(milliseconds: number): string {
  const [hours, minutes, seconds] = [3_600_000, 60_000, 1000].map((unit, position) => {
    const count = Math.floor(milliseconds / unit);
    return String(position === 0 ? count : count % 60).padStart(2, "0");
  });
  return `${hours}:${minutes}:${seconds}.${String(milliseconds % 1000).padStart(3, "0")}`;
}
