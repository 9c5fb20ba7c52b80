/**
 * Playlists (RFC 8216) as pure functions of plan and ledger. They are written as files, so that streaming, a web server
 * or a CDN can serve a finished video without anybody else being up.
 */
import { languageTag } from "./languages.ts";
import {
  type PictureRendition,
  type Plan,
  pictureRenditions,
  plannedSeconds,
  type Rendition,
  type SoundRendition,
  soundRenditions,
} from "./plan.ts";
import { type SubtitleTrack, subtitleLines } from "./subtitles/tracks.ts";
import { namedTracks } from "./track-names.ts";

/** A row of the ledger, as far as playlists need it. */
export interface LedgerSegment {
  rendition: string;
  index: number;
  /** 0 for an interval in which the source has nothing. */
  bytes: number;
  durationSeconds: number;
  /** Frames, or packets of sound. */
  samples: number;
  /** File name of the init segment that goes with it. */
  init: string;
  /** RFC 6381, as read from that init segment. */
  codec: string;
}

/**
 * `making`: every segment of the plan is listed, made or not, because one that is not made is made on demand. `ended`: no
 * encoder works on the video, so only what exists is listed.
 */
export type PlaylistState = "making" | "ended";

export const segmentFile = (index: number): string => `segment-${String(index).padStart(5, "0")}.m4s`;
/** The init segment of an encoder; known before it exists, so that playlists can name it. */
export const initFile = (encoder: string): string => `init-${encoder}.mp4`;
export const playlistFile = "playlist.m3u8";
export const masterFile = "master.m3u8";

interface ListedSegment {
  index: number;
  durationSeconds: number;
  init: string;
  /** True where there is nothing to load, and time runs on all the same. */
  isGap: boolean;
}

/**
 * The playlist of one rendition.
 *
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
    `#EXT-X-TARGETDURATION:${Math.max(1, ...listed.map((segment) => Math.round(segment.durationSeconds)))}`,
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

/**
 * Measured where it is made, as planned where it is not; intervals that turned out to be empty are passed over. Once the
 * video has ended, what lies between two segments and was not made is a gap, and what lies behind the last is left out.
 */
function listedSegments(
  plan: Plan,
  rendition: Rendition,
  segments: LedgerSegment[],
  state: PlaylistState,
  nextInit: string,
): ListedSegment[] {
  const made = new Map(segments.map((segment) => [segment.index, segment]));
  const isEnded = state === "ended";
  const count = isEnded
    ? Math.max(-1, ...existing(segments).map((segment) => segment.index)) + 1
    : rendition.segmentCount;
  return Array.from({ length: count }, (_, index) => {
    const planned = { index, bytes: 1, durationSeconds: plannedSeconds(plan, rendition, index), init: nextInit };
    return { ...(made.get(index) ?? planned), isGap: isEnded && !made.has(index) };
  }).filter((segment) => segment.bytes > 0);
}

const existing = (segments: LedgerSegment[]): LedgerSegment[] =>
  segments.filter((segment) => segment.bytes > 0).sort((a, b) => a.index - b.index);

/**
 * The master playlist, lowest rung first so that a player that takes the first one starts fast. Null when there is nothing
 * to list. Rates are measured from the segments once all are made; before, they are the ceilings the encoders were given.
 *
 * @param subtitles tracks whose files are in place
 */
export function masterPlaylist(
  plan: Plan,
  ledger: LedgerSegment[],
  state: PlaylistState,
  subtitles: SubtitleTrack[] = [],
): string | null {
  const made = (rendition: Rendition) => existing(ledger.filter((segment) => segment.rendition === rendition.name));
  const isListed = (rendition: Rendition) => state === "making" || made(rendition).length > 0;
  const rungs = pictureRenditions(plan).filter(isListed).reverse();
  const sounds = soundRenditions(plan).filter(isListed);
  const heard = loudest(sounds.map((sound) => soundFacts(sound, made(sound), isWhole(sound, ledger))));
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  const [first] = sounds;
  const captioned = subtitles.length > 0 ? ['SUBTITLES="subtitles"'] : [];
  if (first && heard && rungs.length === 0 && !plan.picture) {
    const attributes = [
      `BANDWIDTH=${heard.peak}`,
      `AVERAGE-BANDWIDTH=${heard.average}`,
      `CODECS="${heard.codec}"`,
      ...(sounds.length > 1 ? ['AUDIO="audio"'] : []),
      ...captioned,
    ];
    lines.push(
      ...(sounds.length > 1 ? soundLines(sounds) : []),
      ...subtitleLines(subtitles),
      `#EXT-X-STREAM-INF:${attributes.join(",")}`,
      `${first.name}/${playlistFile}`,
    );
    return `${lines.join("\n")}\n`;
  }
  if (rungs.length === 0) return null;
  lines.push(...soundLines(sounds), ...subtitleLines(subtitles));
  for (const rung of rungs) {
    const segments = made(rung);
    const rates = ratesOf(segments, isWhole(rung, ledger), rung.maxrateKbps, rung.videoKbps);
    const codecs = [segments[0]?.codec ?? rung.codec, ...(heard ? [heard.codec] : [])];
    const attributes = [
      `BANDWIDTH=${rates.peak + (heard?.peak ?? 0)}`,
      `AVERAGE-BANDWIDTH=${rates.average + (heard?.average ?? 0)}`,
      `CODECS="${codecs.join(",")}"`,
      `RESOLUTION=${rung.width}x${rung.height}`,
      `FRAME-RATE=${frameRateOf(plan, rung, segments).toFixed(3)}`,
      ...(first ? ['AUDIO="audio"'] : []),
      ...captioned,
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(",")}`, `${rung.name}/${playlistFile}`);
  }
  return `${lines.join("\n")}\n`;
}

/** One group of all tracks; the first is the one that plays when nobody chooses. */
function soundLines(sounds: SoundRendition[]): string[] {
  const tracks = sounds.map(({ name, title, language }) => ({ folder: name, title, language: languageTag(language) }));
  return namedTracks(tracks, "Sound").map(({ folder, name, language }, position) => {
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

/** Rates of the track that has the highest, since any of them may be the one that plays. */
function loudest<Facts extends { peak: number }>(facts: Facts[]): Facts | undefined {
  return facts.toSorted((a, b) => b.peak - a.peak)[0];
}

function soundFacts(sound: SoundRendition, made: LedgerSegment[], whole: boolean) {
  return { ...ratesOf(made, whole, Math.ceil(sound.kbps * 1.1), sound.kbps), codec: made[0]?.codec ?? sound.codec };
}

function isWhole(rendition: Rendition, ledger: LedgerSegment[]): boolean {
  return ledger.filter((segment) => segment.rendition === rendition.name).length === rendition.segmentCount;
}

/** Frames a second of what is made; as planned while nothing is. */
function frameRateOf(plan: Plan, rung: PictureRendition, segments: LedgerSegment[]): number {
  if (segments.length === 0 || segments.length < rung.segmentCount) return plan.picture?.frameRate ?? 0;
  return sum(segments, (segment) => segment.samples) / sum(segments, (segment) => segment.durationSeconds);
}

const sum = (segments: LedgerSegment[], value: (segment: LedgerSegment) => number): number =>
  segments.reduce((total, segment) => total + value(segment), 0);

/** Bits a second: the peak and the mean (RFC 8216, 4.3.4.2); as the encoder was told until all is made. */
function ratesOf(
  segments: LedgerSegment[],
  whole: boolean,
  ceilingKbps: number,
  meanKbps: number,
): { peak: number; average: number } {
  const peak = peakRate(segments);
  if (!whole || segments.length === 0)
    return { peak: Math.ceil(Math.max(peak, ceilingKbps * 1000)), average: meanKbps * 1000 };
  return { peak: Math.ceil(peak), average: Math.ceil(rateOf(segments)) };
}

const rateOf = (segments: LedgerSegment[]): number =>
  (sum(segments, (segment) => segment.bytes) * 8) / sum(segments, (segment) => segment.durationSeconds);

/** Of any run of segments that lasts between half the target duration and one and a half (RFC 8216, 4.1). */
function peakRate(segments: LedgerSegment[]): number {
  if (segments.length === 0) return 0;
  const target = Math.max(...segments.map((segment) => segment.durationSeconds));
  let peak = 0;
  for (const first of segments.keys()) {
    let bits = 0;
    let seconds = 0;
    for (const segment of segments.slice(first)) {
      bits += segment.bytes * 8;
      seconds += segment.durationSeconds;
      if (seconds > 1.5 * target) break;
      if (seconds >= 0.5 * target) peak = Math.max(peak, bits / seconds);
    }
  }
  return peak;
}
