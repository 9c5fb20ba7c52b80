/** The index of a storyboard: WebVTT whose cues point into sheets of tiles (`sheet-000.jpg#xywh=0,0,160,90`). */

export interface Tile {
  /** Seconds. */
  from: number;
  /** Absolute address of the sheet. */
  sheet: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** @param address of the index; the sheets' are relative to it. What is no cue of this kind is left out. */
export function parseStoryboard(text: string, address: string): Tile[] {
  const cues = text.matchAll(/^(?:(\d+):)?(\d+):(\d+\.\d+) --> .*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/gm);
  return [...cues].map(([, hours = "0", minutes, seconds, file = "", x, y, width, height]) => ({
    from: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
    sheet: new URL(file, address).href,
    x: Number(x),
    y: Number(y),
    width: Number(width),
    height: Number(height),
  }));
}

/** At most so many, evenly over all. */
export function thinned(tiles: Tile[], most: number): Tile[] {
  if (tiles.length <= most) return tiles;
  return Array.from({ length: most }, (_, index) => tiles[Math.floor(((index + 0.5) * tiles.length) / most)]).filter(
    (tile) => tile !== undefined,
  );
}
