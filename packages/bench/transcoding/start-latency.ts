/**
 * How soon a video starts: from the answer of `upload/complete` until a player holds what it needs to show the first frame
 * with its audio, against an ffmpeg that makes the first segment of the lowest rung on an idle machine, and no audio. It must
 * not depend on how long the video is, and not on whether another one is encoded.
 */
import { type Plan, videoRenditions } from "@video-backend/media";
import type { Bench, Part } from "../bench.ts";
import { filmHours } from "../clips.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import type { Row } from "../rows.ts";
import { encodeSegment, planOf } from "./bare-ffmpeg.ts";
import { freezeEncoders } from "./freeze-encoders.ts";
import { place, stop } from "./jobs.ts";
import { receiveStart } from "./receive-start.ts";
import { startMeasuredSystem } from "./settings.ts";

export const startLatency: Part = async (bench) => {
  const { clips, signal } = bench;
  const repetitions = bench.repetitions(7);
  await using system = await startMeasuredSystem(bench);
  const masterOf = (videoId: string) => `${system.url.streaming}/stream/${videoId}/master.m3u8`;
  const start = async (path: string) => {
    const videoId = await place(system, path);
    const seconds = await secondsOf(() => receiveStart(masterOf(videoId), signal));
    await stop(system, videoId);
    return seconds;
  };
  const measure = async (path: string, count = repetitions) => {
    const bare = await bareStart(bench, path);
    return rounds(bench, count, { bare, ours: () => start(path) }, showSeconds);
  };
  const [shortPath, longPath] = [await clips.short(), await clips.long()];
  const short = await measure(shortPath);
  const long = await measure(longPath);
  const film = await measure(await clips.film(), bench.repetitions(3));

  const another = await place(system, longPath);
  await receiveStart(masterOf(another), signal);
  const bare = await bareStart(bench, shortPath);
  const contestants = {
    bare: async () => {
      await using _frozen = await freezeEncoders(system.process("transcoding")?.pid ?? 0, signal);
      return await bare();
    },
    ours: () => start(shortPath),
  };
  const busy = await rounds(bench, repetitions, contestants, showSeconds);
  await stop(system, another);
  return [
    row("Start of a 32 s video", short),
    row("Start of a 320 s video", long),
    row(`Start of a film of ${filmHours} h`, film),
    row("Start of a 32 s video, while another is encoded", busy),
  ];
};

const row = (what: string, { ours, bare }: Record<"ours" | "bare", number[]>): Row => ({
  what,
  unit: "s",
  ours,
  other: { name: "its first second by a bare ffmpeg, idle", values: bare },
  goal: { of: "ours / other", atMost: 1.5 },
});

/** What makes the first segment of the lowest rung alone, and tells the seconds. */
async function bareStart({ signal }: Bench, path: string): Promise<() => Promise<number>> {
  const plan: Plan = await planOf(path);
  const rendition = videoRenditions(plan).at(-1)?.name ?? "";
  return () => secondsOf(() => encodeSegment(path, plan, { rendition, index: 0 }, signal));
}
