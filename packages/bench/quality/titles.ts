/**
 * What the rate controls are compared on: real files of every kind that people upload, at most 12 s of each. Where the folder
 * of media is absent, generated clips stand for them: they show that the bench works, and nothing about quality.
 */
import { run } from "@video-backend/media";
import type { World } from "@video-backend/testing";
import { source } from "@video-backend/testing/media";
import { runToEnd } from "../run-to-end.ts";

export interface Title {
  /** What it shows, for the table. */
  name: string;
  path: string;
}

interface Kind {
  name: string;
  file: string;
  width: number;
  height: number;
  rate: string;
  /** Where to begin, for what begins with titles; seconds. */
  from?: number;
}

const kinds: Kind[] = [
  { name: "cartoon", file: "bbb-h264-aac51-720p25-62s.ts", width: 1280, height: 720, rate: "25", from: 23.03 },
  { name: "cartoon, 60 fps", file: "h264-aac51-1080p60-2s.mp4", width: 1920, height: 1080, rate: "60" },
  {
    name: "talking head, 60 fps",
    file: "h264-aac-webcam-1920x880p60-mono-faststart.mp4",
    width: 1920,
    height: 880,
    rate: "60",
  },
  { name: "talking head, interlaced", file: "mpeg2-ntsc-interlaced-704x480.ts", width: 704, height: 480, rate: "30" },
  { name: "slides", file: "h264-aac-1080p25-26s.mp4", width: 1920, height: 1080, rate: "25" },
  { name: "screen", file: "screencast-1110x734p60-noaudio.mp4", width: 1110, height: 734, rate: "60" },
  { name: "sport, 120 fps", file: "fps120-iphone-slomo-a.mp4", width: 1280, height: 720, rate: "120" },
  { name: "walking", file: "gopro-max-480p-10s.mp4", width: 848, height: 480, rate: "30" },
  { name: "phone, portrait", file: "rot90-hevc-iphone-720p.mov", width: 720, height: 1280, rate: "30" },
  { name: "phone, close", file: "rot90-android-720p.mp4", width: 720, height: 1280, rate: "30" },
  { name: "broadcast, interlaced", file: "multiaudio-swe-nor-1080i.ts", width: 1920, height: 1080, rate: "25" },
  { name: "dark", file: "subs-movtext-eng.m4v", width: 640, height: 480, rate: "15" },
  { name: "landscape, 4K", file: "4k-h264-aac-fra-23976.mp4", width: 3840, height: 2160, rate: "24000/1001" },
  { name: "animal", file: "h264-444-720p20-mp3mono16k.mp4", width: 1280, height: 720, rate: "20" },
];

const mostSeconds = 12;
/** Of a generated clip. */
const generatedSeconds = 6;

/** @param count how many of them, from the first */
export async function placeTitles(world: World, count: number): Promise<Title[]> {
  const titles: Title[] = [];
  for (const [position, { name, file, width, height, rate, from }] of kinds.slice(0, count).entries()) {
    const otherwise = { width, height, rate, seconds: generatedSeconds };
    const whole = await source(file, world.path(`whole-${position}-${file}`), otherwise);
    const path = world.path(`${position}-${file}`);
    // At the output, so that it begins with a key frame; with 0 packets before that would be dropped, too.
    const begin = from === undefined ? [] : ["-ss", String(from)];
    const cut = ["-i", whole, ...begin, "-t", String(mostSeconds), "-map", "0:v:0"];
    await runToEnd(run, ["-nostdin", "-v", "error", ...cut, "-c", "copy", path]);
    titles.push({ name, path });
  }
  return titles;
}
