/**
 * The manifest of DASH (ISO/IEC 23009-1) over the very segments that the playlists name. It is static from the first moment
 * on, since what it lists and is not made yet is made when it is asked for.
 */
import { sheetTemplate, storyboardFolder, subtitleFile, subtitlesFolder } from "@video-backend/storage/layout";
import { audioSampleRate, type Plan, type Rendition, wholeSeconds } from "../plan.ts";
import { type Storyboard, sheetCount, sheetShape } from "../storyboard.ts";
import { presetTrack, type SubtitleTrack, unnamedSubtitles } from "../subtitles/tracks.ts";
import { namedTracks } from "../track-names.ts";
import { type Element, element } from "./element.ts";
import { existing, type LedgerSegment, type PlaylistState, segmentsOf } from "./listed-segments.ts";
import { type Accompaniment, namedAudios } from "./master-playlist.ts";
import { type Period, periodsOf } from "./periods.ts";
import { ratesOf } from "./rates.ts";
import { segmentTimeline } from "./segment-timeline.ts";

/** What goes with the streams of a video, with the sizes that DASH wants to know. */
export interface ManifestAccompaniment extends Accompaniment {
  /** By the track's folder. */
  subtitleBytes: Map<string, number>;
  /** Null until it is there. */
  storyboard: { board: Storyboard; largestSheetBytes: number } | null;
}

export interface ManifestOptions extends Partial<ManifestAccompaniment> {
  state: PlaylistState;
  /** Name of the encoder of the video segments that are not made yet. */
  encoder: string;
}

/** The manifest; null when there is nothing to list, in the same cases as the master. */
export function manifest(plan: Plan, ledger: LedgerSegment[], options: ManifestOptions): string | null {
  const { state, encoder, title, subtitles = [], subtitleBytes = new Map(), storyboard = null } = options;
  const periods = periodsOf(plan, ledger, state, encoder);
  const end = periods.at(-1)?.endSeconds;
  if (end === undefined) return null;
  const sets = (period: Period): Element[] => [
    ...videoSets(plan, ledger, period),
    ...audioSets(ledger, period),
    ...subtitleSets(plan, subtitles, subtitleBytes, period),
    ...(storyboard ? [storyboardSet(storyboard, period)] : []),
  ];
  const root = element(
    "MPD",
    {
      xmlns: "urn:mpeg:dash:schema:mpd:2011",
      profiles: "urn:mpeg:dash:profile:full:2011",
      type: "static",
      mediaPresentationDuration: duration(end),
      // Peaks are of half a segment's length at least: with so much loaded, a line that is as fast as the peak suffices.
      minBufferTime: duration(plan.segmentSeconds / 2),
    },
    [
      ...(title ? [element("ProgramInformation", {}, [element("Title", {}, title)])] : []),
      ...periods.map((period, position) =>
        element("Period", { id: position + 1, start: duration(period.startSeconds) }, sets(period)),
      ),
    ],
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.join("\n")}\n`;
}

/** One set of all rungs, lowest first, since a player may go from one to another at each segment. */
function videoSets(plan: Plan, ledger: LedgerSegment[], period: Period): Element[] {
  const stretches = period.stretches.filter((one) => one.rendition.kind === "video").reverse();
  if (stretches.length === 0) return [];
  const timescale = plan.video?.timescale ?? 1;
  const timelines = stretches.map(({ segments, init }) =>
    segmentTimeline(segments, { init, timescale, startSeconds: period.startSeconds }),
  );
  // Usually all have the same segments, which are told once then.
  const [shared] = new Set(timelines.map((timeline) => timeline.join("\n"))).size === 1 ? timelines : [];
  const representations = stretches.map(({ rendition, init }, position) => {
    const { width, height } = rendition.kind === "video" ? rendition : { width: 0, height: 0 };
    const frameRate = fractionOf(plan.video?.frameRate ?? 0, timescale);
    const attributes = { ...described(rendition, ledger, init), width, height, frameRate, sar: "1:1" };
    return element("Representation", attributes, [
      element("BaseURL", {}, `${rendition.name}/`),
      ...(shared ? [] : [timelines[position] ?? []]),
    ]);
  });
  const attributes = { contentType: "video", mimeType: "video/mp4", segmentAlignment: "true", startWithSAP: 1 };
  return [element("AdaptationSet", attributes, [...(shared ? [shared] : []), ...representations])];
}

/** A set a track; the first is the one that plays when nobody chooses. */
function audioSets(ledger: LedgerSegment[], { stretches, startSeconds }: Period): Element[] {
  const heard = stretches.flatMap(({ rendition, ...rest }) =>
    rendition.kind === "audio" ? [{ rendition, ...rest }] : [],
  );
  return namedAudios(heard.map(({ rendition }) => rendition)).flatMap(({ name, language }, position) => {
    const stretch = heard[position];
    if (!stretch) return [];
    const attributes = { contentType: "audio", mimeType: "audio/mp4", lang: language ?? undefined };
    const { rendition, init, segments } = stretch;
    return [
      element("AdaptationSet", { ...attributes, segmentAlignment: "true", startWithSAP: 1 }, [
        element("Label", {}, name),
        role(position === 0 ? "main" : "alternate"),
        element("Representation", { ...described(rendition, ledger, init), audioSamplingRate: audioSampleRate }, [
          element("AudioChannelConfiguration", {
            schemeIdUri: "urn:mpeg:dash:23003:3:audio_channel_configuration:2011",
            value: 2,
          }),
          element("BaseURL", {}, `${rendition.name}/`),
          segmentTimeline(segments, { init, timescale: audioSampleRate, startSeconds }),
        ]),
      ]),
    ];
  });
}

/** What of a rendition is told of every kind; its codec is that of the segments which go with this init segment. */
function described(rendition: Rendition, ledger: LedgerSegment[], init: string) {
  const codec = existing(segmentsOf(ledger, rendition)).find((segment) => segment.init === init)?.codec;
  return { id: rendition.name, codecs: codec ?? rendition.codec, bandwidth: ratesOf(rendition, ledger).peak };
}

/** A set a track: one WebVTT file as long as the video, whose times are those of the streams. */
function subtitleSets(
  plan: Plan,
  tracks: SubtitleTrack[],
  sizes: Map<string, number>,
  { startSeconds }: Period,
): Element[] {
  const preset = presetTrack(tracks);
  const seconds = wholeSeconds(plan);
  return namedTracks(tracks, unnamedSubtitles).map(({ folder, name, language, isForced }) => {
    const attributes = { contentType: "text", mimeType: "text/vtt", lang: language ?? undefined };
    const bandwidth = bitsASecond(sizes.get(folder) ?? 0, seconds);
    const path = `${subtitlesFolder}/${folder}/`;
    return element("AdaptationSet", attributes, [
      element("Label", {}, name),
      ...(preset?.folder === folder ? [role("main")] : []),
      role(isForced ? "forced-subtitle" : "subtitle"),
      element("Representation", { id: `${subtitlesFolder}/${folder}`, bandwidth }, [
        element("BaseURL", {}, startSeconds === 0 ? `${path}${subtitleFile}` : path),
        // A file that nothing else is said of would begin with the period.
        ...(startSeconds === 0 ? [] : [wholeFile(subtitleFile, seconds, startSeconds)]),
      ]),
    ]);
  });
}

const wholeFile = (media: string, seconds: number, startSeconds: number): Element =>
  element("SegmentTemplate", { timescale: 1000, presentationTimeOffset: Math.round(startSeconds * 1000), media }, [
    element("SegmentTimeline", {}, [element("S", { t: 0, d: Math.ceil(seconds * 1000) })]),
  ]);

/** The storyboard's sheets as tiled images (DASH-IF IOP 4.3, 6.2.6). */
function storyboardSet(
  { board, largestSheetBytes }: NonNullable<ManifestAccompaniment["storyboard"]>,
  { startSeconds }: Period,
): Element {
  const { columns, rows } = sheetShape(board);
  const sheetSeconds = columns * rows * board.intervalSeconds;
  const first = Math.min(Math.floor(startSeconds / sheetSeconds), sheetCount(board) - 1);
  const timing = { timescale: 1000, presentationTimeOffset: Math.round(startSeconds * 1000) || undefined };
  const attributes = {
    id: storyboardFolder,
    bandwidth: bitsASecond(largestSheetBytes, sheetSeconds),
    width: columns * board.tileWidth,
    height: rows * board.tileHeight,
  };
  const more = sheetCount(board) - 1 - first;
  return element("AdaptationSet", { contentType: "image", mimeType: "image/jpeg" }, [
    element("Representation", attributes, [
      element("EssentialProperty", {
        schemeIdUri: "http://dashif.org/guidelines/thumbnail_tile",
        value: `${columns}x${rows}`,
      }),
      element("BaseURL", {}, `${storyboardFolder}/`),
      element("SegmentTemplate", { ...timing, media: sheetTemplate, startNumber: first }, [
        element("SegmentTimeline", {}, [
          element("S", { t: first * sheetSeconds * 1000, d: sheetSeconds * 1000, r: more || undefined }),
        ]),
      ]),
    ]),
  ]);
}

const role = (value: string): Element => element("Role", { schemeIdUri: "urn:mpeg:dash:role:2011", value });

const bitsASecond = (bytes: number, seconds: number): number => Math.max(1, Math.ceil((bytes * 8) / seconds));

/** `xs:duration`, to the microsecond. */
const duration = (seconds: number): string => `PT${Number(seconds.toFixed(6))}S`;

/** Frames a second as DASH writes them, a whole number or a fraction of two: of ticks, where a frame lasts whole ones. */
function fractionOf(frameRate: number, timescale: number): string | undefined {
  if (!(frameRate > 0)) return undefined;
  const ticks = timescale / frameRate;
  const isExact = Math.abs(ticks - Math.round(ticks)) < 0.01;
  const [above, below] = isExact ? [timescale, Math.round(ticks)] : [Math.round(frameRate * 1000), 1000];
  const divisor = greatestDivisor(above, below);
  return below === divisor ? String(above / divisor) : `${above / divisor}/${below / divisor}`;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
