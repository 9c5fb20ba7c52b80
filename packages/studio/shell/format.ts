/** Numbers in people's units. All are pure; what is not known is a dash. */

const unknown = "–";

/** Bytes in decimal units, as disks and networks are sold: `734 B`, `12.3 MB`. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return unknown;
  return scaled(bytes, ["B", "kB", "MB", "GB", "TB", "PB"]);
}

/** Bytes a second. */
export const rate = (bytesPerSecond: number): string => `${size(bytesPerSecond)}/s`;

/** From kbit/s: `96 kbit/s`, `5.8 Mbit/s`. */
export function bitrate(kbps: number | null | undefined): string {
  if (kbps === null || kbps === undefined) return unknown;
  return scaled(kbps, ["kbit/s", "Mbit/s", "Gbit/s"]);
}

function scaled(value: number, units: string[]): string {
  let step = 0;
  let left = Math.max(0, value);
  while (left >= 999.5 && step < units.length - 1) {
    left /= 1000;
    step++;
  }
  const digits = step > 0 && left < 99.95 ? 1 : 0;
  return `${left.toFixed(digits)} ${units[step]}`;
}

/** A place in a video, or its length: `0:07`, `4:02`, `1:02:03`. */
export function clock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return unknown;
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** How long something will take, no more exact than it can be known: `12 s`, `4 min`, `1 h 20 min`. */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return unknown;
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

/** Short times, such as an encode took: `0.4 s`, `12 s`, `4 min`. */
export const took = (seconds: number): string => (seconds < 10 ? `${seconds.toFixed(1)} s` : span(seconds));

/** Rounded down, so that 100 is said of what is whole and of nothing else. */
export const percent = (done: number, total: number): string =>
  `${total > 0 ? Math.floor(Math.min(1, done / total) * 100) : 0}%`;

/** Times real time: `3.2×`. */
export const speed = (times: number | null | undefined): string =>
  times === null || times === undefined ? unknown : `${times.toFixed(times < 10 ? 1 : 0)}×`;

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** `3 minutes ago`, `yesterday`. Both in epoch seconds. */
export function ago(at: number, now: number): string {
  const seconds = at - now;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return unit === "second" ? "just now" : relative.format(Math.trunc(seconds / length), unit);
}

/** A count with its noun: `1 video`, `12 videos`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;
