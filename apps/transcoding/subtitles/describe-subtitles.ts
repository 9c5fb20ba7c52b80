/** A video's subtitles as the status shows them: what is played, and what is left out and why. */
import { namedTracks, type Plan, unnamedSubtitles, whyNotText } from "@video-backend/media";
import { subtitlePlaylistPath } from "@video-backend/storage/layout";
import type { LeftOutTrack, SubtitleStatus } from "../contract.ts";
import type { SubtitleRow } from "../database/schema.ts";

/** @param rows in the order in which they are listed */
export function describeSubtitles(
  plan: Plan | null,
  rows: SubtitleRow[],
): { subtitles: SubtitleStatus[]; left_out: LeftOutTrack[] } {
  const played = namedTracks(
    rows.filter((row) => row.reason === null),
    unnamedSubtitles,
  );
  const impossible = (plan?.subtitles ?? []).map((track) => ({ ...track, reason: whyNotText(track.codec) }));
  return {
    subtitles: played.map(({ name, language, folder, source, codec }) => ({
      name,
      language,
      path: subtitlePlaylistPath(folder),
      source,
      codec,
    })),
    left_out: [...impossible, ...rows].flatMap(({ title, language, codec, reason }) => {
      if (reason === null) return [];
      const [{ name } = { name: "" }] = namedTracks([{ title, language }], unnamedSubtitles);
      return [{ kind: "subtitles" as const, name, language, codec, reason }];
    }),
  };
}

/** Tracks that are not UTF-8 throughout: in which character set they are written can only be guessed. */
export function warningsOfCharsets(rows: SubtitleRow[]): string[] {
  const played = namedTracks(
    rows.filter((row) => row.reason === null),
    unnamedSubtitles,
  );
  return played.flatMap(({ name, charsets }) => {
    if (charsets === null) return [];
    const sets = charsets.replaceAll(",", ", then ");
    return [`The subtitles "${name}" are not UTF-8 throughout: the rest is read as ${sets}`];
  });
}
