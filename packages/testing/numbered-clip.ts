/**
 * Clips whose every frame shows its number and whose audio is nowhere like elsewhere, and what reads them again: so that a
 * test can say which frame and which moment of the audio are there at any time.
 */
import { rm } from "node:fs/promises";

export interface NumberedClip {
  /** Frames a second, such as `25` or `30000/1001`. */
  rate?: string;
  /** Of the frames before `filters`; at most 4,096 frames. */
  seconds?: number;
  /** Filters of ffmpeg behind the number, such as `select` and `setpts`: which frames come, and when. */
  filters?: string[];
  /** Of the audio; 0 for none. */
  audioSeconds?: number;
  /** Further output arguments, before the path; they may choose other codecs. */
  extra?: string[];
}

const bits = 12;
const frameBytes = bits * 2;

/** Writes the clip; the container follows from the path's ending. */
export async function makeNumberedClip(path: string, clip: NumberedClip = {}): Promise<string> {
  const { rate = "25", seconds = 10, filters = [], audioSeconds = seconds, extra = [] } = clip;
  const number = `geq=lum='if(mod(floor(N/pow(2,floor(X))),2),235,16)':cb=128:cr=128`;
  const drawn = `color=size=${bits}x2:rate=${rate}:duration=${seconds},format=yuv444p,${number}`;
  const video = [`${drawn},scale=384:216:flags=neighbor,format=yuv420p`, ...filters].join(",");
  const noise = `anoisesrc=color=pink:seed=7:sample_rate=48000:amplitude=0.5:duration=${audioSeconds}`;
  const inputs = ["-f", "lavfi", "-i", video, ...(audioSeconds > 0 ? ["-f", "lavfi", "-i", noise] : [])];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", ...(audioSeconds > 0 ? ["-c:a", "aac"] : [])];
  await output(["-y", ...inputs, "-fps_mode", "passthrough", ...codecs, ...extra, path]);
  return path;
}

export interface NumberedFrame {
  /** When it is shown, seconds. */
  seconds: number;
  number: number;
}

/**
 * The frames of a file in one pass, in the order in which they come out, each with the number that it shows.
 *
 * @param input arguments before the path, such as `-copyts -start_at_zero`
 */
export async function numberedFrames(path: string, input: string[] = []): Promise<NumberedFrame[]> {
  const times = `${path}.times`;
  const passed = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
  const read = `[0:v:0]scale=${bits}:2:flags=area,format=gray,split[pixels][times]`;
  const outputs = ["-map", "[times]", ...passed, "-f", "framecrc", "-y", times, "-map", "[pixels]", ...passed];
  const pixels = await output([...input, "-i", path, "-filter_complex", read, ...outputs, "-f", "rawvideo", "-"]);
  const lines = (await Bun.file(times).text()).split("\n").filter((line) => /^\d/.test(line));
  await rm(times);
  return lines.map((line, position) => {
    let number = 0;
    for (let bit = 0; bit < bits; bit++) if ((pixels[position * frameBytes + bit] ?? 0) > 126) number |= 1 << bit;
    return { seconds: Number(line.split(",")[2]) / 90_000, number };
  });
}

/** Samples a second of `samplesOf`. */
export const sampleRate = 2000;

/** The audio of a file from 0 on, one channel. */
export async function samplesOf(path: string, input: string[] = []): Promise<Int16Array> {
  const filters = `aresample=async=1:first_pts=0,aresample=${sampleRate}`;
  const pcm = ["-map", "0:a:0", "-af", filters, "-ac", "1", "-f", "s16le", "-"];
  const bytes = await output([...input, "-i", path, ...pcm]);
  return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
}

/**
 * How much later the audio of `heard` comes than that of `original` around a moment, in seconds: where a tenth of a second
 * of it is most alike. NaN where nothing within a twentieth is alike.
 */
export function delayAt(original: Int16Array, heard: Int16Array, seconds: number): number {
  const [width, reach] = [sampleRate / 10, sampleRate / 20];
  const from = Math.round(seconds * sampleRate);
  let best = { lag: Number.NaN, likeness: 0.5 };
  for (let lag = -reach; lag <= reach; lag++) {
    let [product, first, second] = [0, 0, 0];
    for (let at = from; at < from + width; at++) {
      const [a, b] = [original[at] ?? 0, heard[at + lag] ?? 0];
      product += a * b;
      first += a * a;
      second += b * b;
    }
    const likeness = product / Math.sqrt(first * second || 1);
    if (likeness > best.likeness) best = { lag, likeness };
  }
  return best.lag / sampleRate;
}

async function output(args: string[]): Promise<Uint8Array> {
  const command = ["ffmpeg", "-nostdin", "-v", "error", ...args];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [bytes, errors] = await Promise.all([new Response(child.stdout).bytes(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`ffmpeg ${args.join(" ")} failed: ${errors}`);
  return bytes;
}
