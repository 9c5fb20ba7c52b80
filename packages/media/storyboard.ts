/**
 * The storyboard: small images over the length of the video, for the seek bar. Sheets of tiles and a WebVTT index, whose
 * cues point into the sheets by media fragments (`sheet-000.jpg#xywh=…`, W3C Media Fragments 4.2.2). Tiles are made of the
 * finished segments of the lowest rung, which are upright, of square pixels and cheap to decode; of these only the segments
 * in which a tile lies are read, so that the work depends on the number of tiles and not on the length of the video.
 */
import { sheetFile } from "@video-backend/storage/layout";
import { jpegArguments, jpegColours } from "./jpeg.ts";
import { type Plan, videoRenditions } from "./plan.ts";

/** Where every tile is, in time and in the sheets. */
export interface Storyboard {
  intervalSeconds: number;
  /** One cue and one tile for each interval; the last one is up to half an interval longer or shorter. */
  tiles: number;
  /** Of the last cue: the very end of the video. */
  endSeconds: number;
  tileWidth: number;
  tileHeight: number;
}

/** A segment of the ledger, as far as tiles need it. */
export interface TileSegment {
  index: number;
  bytes: number;
  startSeconds: number;
  /** File name of the init segment that goes with it. */
  init: string;
}

/** Consecutive tiles of a sheet that lie in segments of one encoder, hence of one init segment. */
export interface TileRun {
  init: string;
  firstTile: number;
  tiles: number;
  /** Indexes of the segments in which they lie, ascending. */
  segments: number[];
}

/**
 * A run of tiles, and the names of its init segment and then of its segments in the directory in which ffmpeg runs: the
 * names are joined by `|`, which a path may hold.
 */
export type TileInput = Pick<TileRun, "firstTile" | "tiles"> & { paths: string[] };

/** Pixels of the longer side of a tile, at most. */
const longestSide = 160;
const columns = 5;
const tilesOfSheet = 25;
const mostTiles = 150;
/** Seconds; the first of them that makes few enough tiles is taken. */
const intervals = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 3600];
/** Below this length a video for every second. */
const shortSeconds = 20;

/** @param size of the rendition that tiles are made of */
export function makeStoryboard(size: { width: number; height: number }, endSeconds: number): Storyboard {
  const fits = (seconds: number) => Math.round(endSeconds / seconds) <= mostTiles;
  const choice = intervals.slice(endSeconds <= shortSeconds ? 0 : 1);
  const intervalSeconds = choice.find(fits) ?? Math.ceil(endSeconds / mostTiles);
  const scale = Math.min(1, longestSide / Math.max(size.width, size.height));
  // Even, because the colours of four pixels are one in a JPEG, and must not be another tile's.
  const even = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2));
  return {
    intervalSeconds,
    tiles: Math.max(1, Math.round(endSeconds / intervalSeconds)),
    endSeconds,
    tileWidth: even(size.width),
    tileHeight: even(size.height),
  };
}

/** The storyboard of a video, whose tiles are of the lowest rung; null where there is no video. */
export function storyboardOf(plan: Plan, ledger: { bytes: number; startSeconds: number; durationSeconds: number }[]) {
  const rendition = videoRenditions(plan).at(-1);
  // Where the last segment of all ends, of video or audio: that is how long a player takes the video to be.
  const ends = ledger.filter(({ bytes }) => bytes > 0).map((one) => one.startSeconds + one.durationSeconds);
  return rendition ? { rendition, board: makeStoryboard(rendition, Math.max(0, ...ends)) } : null;
}

/** How many sheets there are. */
export const sheetCount = ({ tiles }: Storyboard): number => Math.ceil(tiles / tilesOfSheet);

/** Tiles beside and below each other in a sheet; the last sheet of several may have fewer rows. */
export const sheetShape = ({ tiles }: Storyboard): { columns: number; rows: number } => ({
  columns: Math.min(columns, tiles),
  rows: Math.ceil(Math.min(tiles, tilesOfSheet) / columns),
});

/** The middle of a tile's interval: what it shows is on screen then. */
const tileSeconds = ({ intervalSeconds }: Storyboard, tile: number): number => (tile + 0.5) * intervalSeconds;

/** The index (WebVTT). Its addresses are relative to its own. */
export function storyboardVtt(board: Storyboard): string {
  const cues = Array.from({ length: board.tiles }, (_, tile) => {
    const begin = tile * board.intervalSeconds;
    const end = tile === board.tiles - 1 ? Math.max(board.endSeconds, begin + 0.001) : begin + board.intervalSeconds;
    const place = tile % tilesOfSheet;
    const x = (place % columns) * board.tileWidth;
    const y = Math.floor(place / columns) * board.tileHeight;
    const area = [x, y, board.tileWidth, board.tileHeight].join(",");
    return `${timestamp(begin)} --> ${timestamp(end)}\n${sheetFile(Math.floor(tile / tilesOfSheet))}#xywh=${area}\n`;
  });
  return ["WEBVTT\n", ...cues].join("\n");
}

function timestamp(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  const pad = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, "0");
  const [hours, minutes] = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60];
  return `${pad(hours)}:${pad(minutes)}:${pad((milliseconds / 1000) % 60)}.${pad(milliseconds % 1000, 3)}`;
}

/**
 * In which segments the tiles of a sheet lie. Each tile lies in the last segment that begins before its moment, or in the
 * first of all; so intervals in which the source has nothing show what was on screen before them.
 *
 * @param segments the ledger's, of one rendition
 */
export function sheetRuns(board: Storyboard, sheet: number, segments: TileSegment[]): TileRun[] {
  const shown = segments.filter(({ bytes }) => bytes > 0).sort((a, b) => a.startSeconds - b.startSeconds);
  const runs: TileRun[] = [];
  const end = Math.min(board.tiles, (sheet + 1) * tilesOfSheet);
  for (let tile = sheet * tilesOfSheet; tile < end; tile++) {
    const segment = shown.findLast(({ startSeconds }) => startSeconds <= tileSeconds(board, tile)) ?? shown[0];
    if (!segment) return [];
    let run = runs.at(-1);
    if (run?.init !== segment.init) {
      run = { init: segment.init, firstTile: tile, tiles: 0, segments: [] };
      runs.push(run);
    }
    run.tiles++;
    if (run.segments.at(-1) !== segment.index) run.segments.push(segment.index);
  }
  return runs;
}

/** An init segment and segments, read one after another as one MP4: ours, and without a copy on the disk. */
const ownFiles = ["-protocol_whitelist", "file,concat", "-format_whitelist", "mov"];

export interface SheetSettings {
  /** Absolute path of the JPEG to make. */
  target: string;
  threads: number;
}

/** The arguments that make a sheet: from each input its tiles, one after another into rows of five. */
export function sheetCommand(board: Storyboard, inputs: TileInput[], { target, threads }: SheetSettings): string[] {
  const chains = inputs.flatMap((input, number) => tilesOf(board, input, number));
  const tiles = inputs.reduce((sum, input) => sum + input.tiles, 0);
  const layout = `${Math.min(columns, tiles)}x${Math.ceil(tiles / columns)}`;
  const joined = inputs.map((_, number) => `[run${number}]`).join("");
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-y", "-copyts"],
    ...inputs.flatMap(({ paths }) => ["-threads", String(threads), ...ownFiles, "-i", `concat:${paths.join("|")}`]),
    ...["-filter_complex_threads", String(threads), "-filter_complex"],
    [...chains, `${joined}concat=n=${inputs.length},tile=${layout}`].join(";"),
    ...["-map_metadata", "-1", "-frames:v", "1", ...jpegArguments, `file:${target}`],
  ];
}

/**
 * A clock of one empty frame an interval, over which lies what is on screen then: `blend` takes of its second input the
 * last frame so far, for as long as the first one goes on. The `fps` filter would lose the last frame of what has no
 * duration. A video that begins after the first moment is taken as being there.
 */
function tilesOf(board: Storyboard, { firstTile, tiles }: TileInput, number: number): string[] {
  const { tileWidth, tileHeight, intervalSeconds } = board;
  const sinceFirst = `PTS-${tileSeconds(board, firstTile)}/TB`;
  return [
    `color=size=${tileWidth}x${tileHeight}:rate=1/${intervalSeconds},setsar=1,format=yuvj420p[clock${number}]`,
    [
      `[${number}:v]setpts='if(eq(N,0),min(0,${sinceFirst}),${sinceFirst})'`,
      `scale=${tileWidth}:${tileHeight}:flags=bicubic:${jpegColours},setsar=1,format=yuvj420p[shown${number}]`,
    ].join(","),
    `[clock${number}][shown${number}]blend=all_opacity=0,trim=end_frame=${tiles}[run${number}]`,
  ];
}
