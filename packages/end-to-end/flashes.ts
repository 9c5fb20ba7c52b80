/**
 * Clips that flash and beep at the same moment, and the moments in what was made of them. A reading is a measurement of one
 * frame, or of 64 samples of audio (1.3 ms), at the time that the file itself gives it.
 */

/** Seconds; before, at and after the places where segments and chunks meet (1, 2, 4, 8, 12, 16), and between them. */
export const flashTimes = [
  ...[0.3, 0.94, 1.5, 1.98, 2.6, 3.3, 3.94, 4.6, 5.3, 6.1, 7, 7.98, 8.6, 9.4],
  ...[10.5, 11.2, 11.94, 13, 14.2, 15.1, 16, 17.3, 18.4, 19.3],
];
const clipSeconds = 20;
const beepSeconds = 0.06;
/** A beep and a flash each begin once; what follows sooner is the same one. */
const apartSeconds = 0.2;

/** One or two white frames on black with a beep, at each of the times. */
export interface FlashClip {
  /** Frames a second, such as `24000/1001`. */
  rate: string;
  /** Frames between the flashes are left out irregularly, so that the frame rate varies. */
  varying?: boolean;
}

export async function makeFlashClip(path: string, { rate, varying = false }: FlashClip): Promise<string> {
  const [above = 25, below = 1] = rate.split("/").map(Number);
  const frameSeconds = below / above;
  const during = (before: number, after: number) =>
    flashTimes.map((time) => `between(t,${time - before},${time + after})`).join("+");
  const video = [
    `color=black:size=320x180:rate=${rate}:duration=${clipSeconds}`,
    `drawbox=color=white:thickness=fill:enable='${during(0, 1.5 * frameSeconds)}'`,
    ...(varying ? [`select='eq(n,0)+${during(0.05, 0.15)}+gt(mod(n*7,11),5)'`] : []),
  ];
  const audio = `aevalsrc='0.8*sin(2*PI*1000*t)*(${during(0, beepSeconds)})':sample_rate=48000:duration=${clipSeconds}`;
  const input = ["-f", "lavfi", "-i", video.join(","), "-f", "lavfi", "-i", audio];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "160k"];
  await ffmpeg([...input, "-fps_mode", varying ? "vfr" : "cfr", ...codecs, path]);
  return path;
}

/** When the video turns white, seconds, ascending. The files follow each other. */
export async function flashesIn(paths: string[]): Promise<number[]> {
  const brightness = "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-";
  return beginnings(await readings(paths, ["-an", "-vf", brightness]), 128);
}

/** When the audio sets in, seconds, ascending. The files follow each other. */
export async function beepsIn(paths: string[]): Promise<number[]> {
  const measured = "astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=Peak_level";
  const peaks = `asetnsamples=64,${measured},ametadata=print:key=lavfi.astats.Overall.Peak_level:file=-`;
  return beginnings(await readings(paths, ["-vn", "-af", peaks]), -10);
}

interface Reading {
  seconds: number;
  value: number;
}

function beginnings(all: Reading[], threshold: number): number[] {
  const found: number[] = [];
  let lastAbove = Number.NEGATIVE_INFINITY;
  for (const { seconds, value } of all) {
    if (!(value > threshold)) continue;
    if (seconds - lastAbove > apartSeconds) found.push(seconds);
    lastAbove = seconds;
  }
  return found;
}

async function readings(paths: string[], measuring: string[]): Promise<Reading[]> {
  const all: Reading[] = [];
  for (const path of paths) {
    const printed = await ffmpeg(["-copyts", "-i", path, ...measuring, "-f", "null", "/dev/null"]);
    const matches = printed.matchAll(/pts_time:(\S+)\s+lavfi\.\S+=(\S+)/g);
    for (const [, seconds, value] of matches) all.push({ seconds: Number(seconds), value: Number(value) });
  }
  return all;
}

/** What it prints. */
async function ffmpeg(command: string[]): Promise<string> {
  const child = Bun.spawn(["ffmpeg", "-nostdin", "-v", "error", "-y", ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 60_000,
  });
  const [printed, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`ffmpeg ended with ${child.exitCode ?? child.signalCode}: ${errors}`);
  return printed;
}
