/** The ffmpeg command that takes subtitles out of a source. Pure. */
import { guardedInput } from "../spawn.ts";

export interface SubtitleOutput {
  /** ffmpeg's number of the stream. */
  stream: number;
  /** Absolute path of the WebVTT file. */
  path: string;
}

/**
 * One reading of the file for all tracks, each written as WebVTT. Times count from the start of the file, as those of the
 * video do; without `-avoid_negative_ts disabled` a cue that begins before it would move all the others.
 *
 * @param charset iconv's name of what the text is written in; absent for UTF-8
 */
export function subtitleCommand(
  source: string,
  outputs: SubtitleOutput[],
  reportSeconds: number,
  charset?: string,
): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-y", "-copyts", "-start_at_zero"],
    ...guardedInput,
    ...(charset === undefined ? [] : ["-sub_charenc", charset]),
    ...["-i", `file:${source}`],
    ...outputs.flatMap(({ stream, path }) => [
      ...["-map", `0:${stream}`, "-map_metadata", "-1", "-map_chapters", "-1"],
      ...["-c:s", "webvtt", "-avoid_negative_ts", "disabled", "-f", "webvtt", `file:${path}`],
    ]),
    ...["-progress", "pipe:1", "-stats_period", String(reportSeconds)],
  ];
}
