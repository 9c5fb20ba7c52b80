/**
 * Playlists (RFC 8216) as pure functions of plan and ledger. They are written as files, so that streaming, a web server
 * or a CDN can serve a finished video without anybody else being up.
 */
import { type Plan, pictureRenditions, type Rendition, soundRenditions } from "./plan.ts";

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

/** `growing`: more will come. `ended`: no encoder works on it; a player may stop at the end of the list. */
export type PlaylistState = "growing" | "ended";

export const segmentFile = (index: number): string => `segment-${String(index).padStart(5, "0")}.m4s`;
export const playlistFile = "playlist.m3u8";
export const masterFile = "master.m3u8";

/** The playlist of one rendition: all segments from the first on, up to the first that is missing. */
export function mediaPlaylist(segments: LedgerSegment[], state: PlaylistState): string {
  const listed = playableFromStart(segments);
  const lines = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${Math.max(1, ...listed.map((segment) => Math.round(segment.durationSeconds)))}`,
    `#EXT-X-PLAYLIST-TYPE:${state === "ended" ? "VOD" : "EVENT"}`,
    "#EXT-X-INDEPENDENT-SEGMENTS",
  ];
  // Without it players take a growing list for a live one and begin at its end.
  if (state === "growing") lines.push("#EXT-X-START:TIME-OFFSET=0");
  let init = "";
  for (const segment of listed) {
    if (segment.init !== init) {
      init = segment.init;
      lines.push(`#EXT-X-MAP:URI="${init}"`);
    }
    lines.push(`#EXTINF:${segment.durationSeconds.toFixed(6)},`, segmentFile(segment.index));
  }
  if (state === "ended") lines.push("#EXT-X-ENDLIST");
  return `${lines.join("\n")}\n`;
}

/** Segments 0, 1, 2 … up to the first missing one; empty intervals are passed over. */
function playableFromStart(segments: LedgerSegment[]): LedgerSegment[] {
  const byIndex = new Map(segments.map((segment) => [segment.index, segment]));
  const listed: LedgerSegment[] = [];
  for (let index = 0; byIndex.has(index); index++) {
    const segment = byIndex.get(index);
    if (segment && segment.bytes > 0) listed.push(segment);
  }
  return listed;
}

/**
 * The master playlist: every rung that has something to play, lowest first so that a player that takes the first one
 * starts fast. Null when nothing plays yet; sound must have begun where the plan has any.
 *
 * Rates are measured from the segments once all are made; before, they are the ceilings that the encoders were given.
 */
export function masterPlaylist(plan: Plan, ledger: LedgerSegment[]): string | null {
  const made = (rendition: Rendition) =>
    playableFromStart(ledger.filter((segment) => segment.rendition === rendition.name));
  const sound = soundRenditions(plan)[0];
  const soundMade = sound ? made(sound) : [];
  if (sound && soundMade.length === 0) return null;
  const soundRates = sound ? ratesOf(soundMade, isWhole(sound, ledger), sound.kbps) : { peak: 0, average: 0 };
  const lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"];
  if (sound && plan.picture) {
    const tag = languageTag(sound.language);
    const language = tag ? `,LANGUAGE="${tag}"` : "";
    const name = tag ? (new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag) : "Sound";
    lines.push(
      `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="${name}"${language},DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="${sound.name}/${playlistFile}"`,
    );
  }
  if (sound && !plan.picture) {
    const rates = `BANDWIDTH=${soundRates.peak},AVERAGE-BANDWIDTH=${soundRates.average}`;
    lines.push(
      `#EXT-X-STREAM-INF:${rates},CODECS="${soundMade[0]?.codec ?? sound.codec}"`,
      `${sound.name}/${playlistFile}`,
    );
    return `${lines.join("\n")}\n`;
  }
  let count = 0;
  for (const rung of pictureRenditions(plan).reverse()) {
    const segments = made(rung);
    if (segments.length === 0) continue;
    count++;
    const rates = ratesOf(segments, isWhole(rung, ledger), rung.maxrateKbps);
    const codecs = [segments[0]?.codec ?? rung.codec, ...(sound ? [soundMade[0]?.codec ?? sound.codec] : [])];
    const attributes = [
      `BANDWIDTH=${rates.peak + soundRates.peak}`,
      `AVERAGE-BANDWIDTH=${rates.average + soundRates.average}`,
      `CODECS="${codecs.join(",")}"`,
      `RESOLUTION=${rung.width}x${rung.height}`,
      `FRAME-RATE=${frameRateOf(segments).toFixed(3)}`,
      ...(sound ? ['AUDIO="audio"'] : []),
    ];
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(",")}`, `${rung.name}/${playlistFile}`);
  }
  return count === 0 ? null : `${lines.join("\n")}\n`;
}

/** BCP 47 from what containers say, such as `eng`; null where that is no language. */
function languageTag(language: string | null): string | null {
  try {
    return language ? (Intl.getCanonicalLocales(language)[0] ?? null) : null;
  } catch {
    return null;
  }
}

function isWhole(rendition: Rendition, ledger: LedgerSegment[]): boolean {
  return ledger.filter((segment) => segment.rendition === rendition.name).length === rendition.segmentCount;
}

/** Frames a second of what is made. */
function frameRateOf(segments: LedgerSegment[]): number {
  return sum(segments, (segment) => segment.samples) / sum(segments, (segment) => segment.durationSeconds);
}

const sum = (segments: LedgerSegment[], value: (segment: LedgerSegment) => number): number =>
  segments.reduce((total, segment) => total + value(segment), 0);

/** Bits a second: the largest segment's rate and the mean (RFC 8216, 4.3.4.2). */
function ratesOf(segments: LedgerSegment[], whole: boolean, ceilingKbps: number): { peak: number; average: number } {
  const bits = sum(segments, (segment) => segment.bytes * 8);
  const seconds = sum(segments, (segment) => segment.durationSeconds);
  const measuredPeak = Math.max(0, ...segments.map((segment) => (segment.bytes * 8) / segment.durationSeconds));
  const peak = Math.ceil(whole ? measuredPeak : Math.max(measuredPeak, ceilingKbps * 1000));
  return { peak, average: seconds > 0 ? Math.ceil(bits / seconds) : peak };
}
