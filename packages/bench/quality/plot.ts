/** Bytes against likeness as an SVG: a dot a rung, joined to the same rung by the other rate control. Pure. */
import type { RateControl } from "@video-backend/media";
import type { Measured, Result } from "./results.ts";

const width = 960;
const height = 560;
const margin = { left: 64, right: 24, top: 40, bottom: 56 };
const colours: Record<RateControl, string> = { bitrate: "#b45309", quality: "#1d4ed8" };
const names: Record<RateControl, string> = { bitrate: "mean bit rates", quality: "constant quality" };

/** A whole document; the bytes are on a logarithmic scale. */
export function plot(results: Result[]): string {
  const all = results.flatMap(({ quality, bitrate }) => [quality, bitrate]);
  const decades = all.map(({ bytes }) => Math.log10(Math.max(1, bytes)));
  const from = Math.floor(Math.min(...decades));
  const to = Math.max(from + 1, Math.ceil(Math.max(...decades)));
  const highest = Math.max(10, Math.ceil(Math.max(...all.map(({ mean }) => mean)) / 5) * 5);
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const x = (bytes: number) =>
    round(margin.left + ((Math.log10(Math.max(1, bytes)) - from) / (to - from)) * inner.width);
  const y = (decibels: number) => round(margin.top + inner.height * (1 - decibels / highest));
  const at = ({ bytes, mean }: Measured) => [x(bytes), y(mean)] as const;

  const columns = Array.from({ length: to - from + 1 }, (_, step) => 10 ** (from + step));
  const rows = Array.from({ length: highest / 5 + 1 }, (_, step) => step * 5);
  const lines = [
    ...columns.map((bytes) => line([x(bytes), margin.top], [x(bytes), height - margin.bottom], "#ddd")),
    ...rows.map((decibels) => line([margin.left, y(decibels)], [width - margin.right, y(decibels)], "#ddd")),
    ...columns.map((bytes) => text(x(bytes), height - margin.bottom + 20, sizeOf(bytes), "middle")),
    ...rows.map((decibels) => text(margin.left - 8, y(decibels) + 4, String(decibels), "end")),
    text(margin.left + inner.width / 2, height - 12, "bytes of a rung", "middle"),
    text(margin.left, margin.top - 16, "mean luma SSIM, dB", "start"),
    ...(["bitrate", "quality"] as const).map((control, position) =>
      text(width - margin.right - 160 * (1 - position), margin.top - 16, names[control], "end", colours[control]),
    ),
    ...results.map(({ bitrate, quality }) => line(at(bitrate), at(quality), "#bbb")),
    ...results.flatMap(({ bitrate, quality }) => [
      dot(at(bitrate), bitrate, colours.bitrate),
      dot(at(quality), quality, colours.quality),
    ]),
  ];
  const root = `xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13"`;
  return `<svg ${root}>\n<rect width="100%" height="100%" fill="#fff"/>\n${lines.join("\n")}\n</svg>\n`;
}

type Point = readonly [number, number];

const round = (value: number): number => Math.round(value * 10) / 10;

const line = ([x1, y1]: Point, [x2, y2]: Point, colour: string): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}"/>`;

const text = (x: number, y: number, words: string, anchor: string, colour = "#333"): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}">${words}</text>`;

const dot = ([cx, cy]: Point, { title, rung, bytes, mean }: Measured, colour: string): string =>
  `<circle cx="${cx}" cy="${cy}" r="4" fill="${colour}"><title>${title}, ${rung}: ${bytes} bytes, ${mean.toFixed(2)} dB</title></circle>`;

function sizeOf(bytes: number): string {
  if (bytes >= 1e6) return `${bytes / 1e6} MB`;
  return bytes >= 1e3 ? `${bytes / 1e3} kB` : `${bytes} B`;
}
