/**
 * The master playlist (RFC 8216, 4.3.4): what there is to choose from. What it names can be played, and is what it says: an
 * old player finds no tag in it that needs a later version.
 */
import { playlistFile } from "@video-backend/storage/layout";
import { languageTag } from "../languages.ts";
import { type AudioRendition, audioRenditions, type Plan, type Rendition, videoRenditions } from "../plan.ts";
import { quotable } from "../quotable.ts";
import { type SubtitleTrack, subtitleLines } from "../subtitles/tracks.ts";
import { namedTracks } from "../track-names.ts";
import { iframeLines } from "./iframe-playlist.ts";
import { existing, type LedgerSegment, type PlaylistState, segmentsOf } from "./listed-segments.ts";
import { ratesOf } from "./rates.ts";

/** What goes with the streams of a video. */
export interface Accompaniment {
  /** What people call the video, in whatever characters; null where nobody has said. */
  title: string | null;
  /** Tracks whose files are in place. */
  subtitles: SubtitleTrack[];
}

const alone: Accompaniment = { title: null, subtitles: [] };

/**
 * Lowest rung first, so that a player that takes the first one starts fast. Null when there is nothing to list. Rates are
 * measured from the segments once all are made; before, they are the ceilings the encoders were given.
 */
export function masterPlaylist(
  plan: Plan,
  ledger: LedgerSegment[],
  state: PlaylistState,
  { title, subtitles }: Accompaniment = alone,
): string | null {
  const made = (rendition: Rendition) => existing(segmentsOf(ledger, rendition));
  const isListed = (rendition: Rendition) => state === "making" || made(rendition).length > 0;
  const rungs = videoRenditions(plan).filter(isListed).reverse();
  const audios = audioRenditions(plan).filter(isListed);
  const heard = loudest(
    audios.map((audio) => ({ ...ratesOf(audio, ledger), codec: made(audio)[0]?.codec ?? audio.codec })),
  );
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ...titleLines(title)];
  const [first] = audios;
  const captioned = subtitles.length > 0 ? ['SUBTITLES="subtitles"'] : [];
  if (first && heard && rungs.length === 0 && !plan.video) {
    const attributes = [
      `BANDWIDTH=${heard.peak}`,
      `AVERAGE-BANDWIDTH=${heard.average}`,
      `CODECS="${heard.codec}"`,
      ...(audios.length > 1 ? ['AUDIO="audio"'] : []),
      ...captioned,
    ];
    lines.push(
      ...(audios.length > 1 ? audioLines(audios) : []),
      ...subtitleLines(subtitles),
      `#EXT-X-STREAM-INF:${attributes.join(",")}`,
      `${first.name}/${playlistFile}`,
    );
    return `${lines.join("\n")}\n`;
  }
  if (rungs.length === 0) return null;
  lines.push(...audioLines(audios), ...subtitleLines(subtitles));
  for (const rung of rungs) {
    const rates = ratesOf(rung, ledger);
    const codecs = [made(rung)[0]?.codec ?? rung.codec, ...(heard ? [heard.codec] : [])];
    const attributes = [
      `BANDWIDTH=${rates.peak + (heard?.peak ?? 0)}`,
      `AVERAGE-BANDWIDTH=${rates.average + (heard?.average ?? 0)}`,
      `CODECS="${codecs.join(",")}"`,
      `RESOLUTION=${rung.width}x${rung.height}`,
      `FRAME-RATE=${(plan.video?.frameRate ?? 0).toFixed(3)}`,
      ...(first ? ['AUDIO="audio"'] : []),
      ...captioned,
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(",")}`, `${rung.name}/${playlistFile}`);
  }
  lines.push(...rungs.flatMap((rung) => iframeLines(rung, ledger)));
  return `${lines.join("\n")}\n`;
}

/** Metadata's longest title. */
const mostCharacters = 500;

/** The title by the name that Apple's players show it by. */
function titleLines(title: string | null): string[] {
  const value = quotable(title ?? "", mostCharacters);
  return value ? [`#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="${value}"`] : [];
}

/** One group of all tracks; the first is the one that plays when nobody chooses. */
function audioLines(audios: AudioRendition[]): string[] {
  return namedAudios(audios).map(({ folder, name, language }, position) => {
    const attributes = [
      "TYPE=AUDIO",
      'GROUP-ID="audio"',
      `NAME="${name}"`,
      ...(language ? [`LANGUAGE="${language}"`] : []),
      `DEFAULT=${position === 0 ? "YES" : "NO"}`,
      "AUTOSELECT=YES",
      'CHANNELS="2"',
      `URI="${folder}/${playlistFile}"`,
    ];
    return `#EXT-X-MEDIA:${attributes.join(",")}`;
  });
}

/** Audio tracks with the names by which people choose them, and their languages (BCP 47). */
export const namedAudios = (audios: AudioRendition[]) =>
  namedTracks(
    audios.map(({ name, title, language }) => ({ folder: name, title, language: languageTag(language) })),
    "Audio",
  );

/** Rates of the track that has the highest, since any of them may be the one that plays. */
function loudest<Facts extends { peak: number }>(facts: Facts[]): Facts | undefined {
  return facts.toSorted((a, b) => b.peak - a.peak)[0];
}
