/**
 * At any time a rendition shows the frame, and audios as, a one-pass decode of its source does: at a hundred random moments
 * of each kind of source, to a frame and 20 ms; at a thousand with ALL_MEDIA=1. And its segments follow on each other
 * without a hole.
 */
import { describe, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "@video-backend/media";
import { segmentFile } from "@video-backend/storage/layout";
import {
  createRandom,
  createWorld,
  delayAt,
  makeNumberedClip,
  type NumberedClip,
  type NumberedFrame,
  numberedFrames,
  sampleRate,
  samplesOf,
  type World,
} from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { checkTimeline, type ListedTimes } from "./corpus/check-timeline.ts";
import { attributesOf } from "./inspect-stream.ts";
import { type InitTimes, readInit, readSegmentTimes } from "./segment-times.ts";

interface Kind extends NumberedClip {
  name: string;
  /** Time stamps that are changed afterwards, in milliseconds, as the options of ffmpeg's `setts`. */
  stamps?: string;
  /** Of the video in the stream, where it is not that of the source's last frame; seconds. */
  endSeconds?: number;
}

/** Frames missing: the first lasts 2 s, another one 2.04 s. */
const missing = ["select='not(between(n,1,49))*not(between(n,120,170))'"];
/** From 10 s on, later by so many seconds. */
const pause = (seconds: number) => [`setpts='PTS+gte(T,10)*${seconds}/TB'`];

const oneKeyFrame = ["-g", "100000", "-sc_threshold", "0"];

const kinds: Record<string, Kind> = {
  "a constant rate": { name: "clip.mp4" },
  "a constant rate that is off the grid, in whole milliseconds": { name: "clip.mkv", rate: "30000/1001" },
  "a container that does not seek": { name: "clip.ts", rate: "24000/1001" },
  "frames that are missing": { name: "clip.mp4", seconds: 12, filters: missing },
  "a pause that is longer than a segment": { name: "clip.mkv", seconds: 20, audioSeconds: 26, filters: pause(6) },
  "a pause over many segments": { name: "clip.mkv", seconds: 14, audioSeconds: 44, filters: pause(30) },
  "slides, the last one up to the end of the audio": {
    name: "clip.mp4",
    rate: "1/10",
    seconds: 20,
    audioSeconds: 33,
    endSeconds: 33,
  },
  "a slide a minute": { name: "clip.mkv", rate: "1/60", seconds: 120, audioSeconds: 0 },
  "a last frame that is held": {
    name: "clip.mp4",
    seconds: 6,
    audioSeconds: 0,
    filters: ["select='lt(n,100)+eq(n,149)'"],
  },
  "times that waver": { name: "clip.mp4", filters: ["settb=1/90000", "setpts='PTS+900*mod(N*7,4)'"] },
  "a minute from its only key frame": { name: "clip.mp4", seconds: 80, extra: oneKeyFrame },
  "a pause far from the only key frame": {
    name: "clip.mkv",
    seconds: 70,
    audioSeconds: 79,
    filters: ["setpts='PTS+gte(T,50)*9/TB'"],
    extra: oneKeyFrame,
  },
  "a video that begins late": {
    name: "clip.mkv",
    seconds: 8,
    audioSeconds: 10,
    filters: ["setpts='PTS+(2.2+gte(T,5))/TB'"],
  },
};

/** What is there of a source whose time stamps are wrong is that source with the right ones. */
const wrong: Record<string, Kind> = {
  "one frame that is 3 h ahead": { name: "clip.mkv", stamps: "pts='if(eq(N,60),10800000,PTS)':dts=N-1e6" },
  "one frame that is 3 h ahead in an index of a constant rate": {
    name: "clip.mp4",
    audioSeconds: 0,
    stamps: "pts='if(eq(N,60),PTS+3*3600*12800,PTS)':dts=DTS",
  },
  "frames that are ahead and behind": {
    name: "clip.mkv",
    audioSeconds: 0,
    stamps: "pts='if(eq(N,60),PTS+5000,if(eq(N,200),100,PTS))':dts=N-1e6",
  },
  "frames that have the time of the one before": {
    name: "clip.mkv",
    seconds: 6,
    audioSeconds: 0,
    stamps: "pts='80*floor(N/2)':dts='80*floor(N/2)'",
    extra: ["-bf", "0"],
  },
};

const segmentSeconds = 4;
/** Of each rendition that are looked at. */
const moments = process.env.ALL_MEDIA === "1" ? 1000 : 100;
const frameSeconds = 1 / 24;

describe("at any time the stream is what the source is, of", () => {
  test.each(Object.entries({ ...kinds, ...wrong }))(
    "%s",
    async (_, { name, endSeconds, stamps, ...clip }) => {
      await using world = createWorld();
      await mkdir(world.path("originals", "a"), { recursive: true });
      const uploaded = world.path("originals", "a", name);
      const source = stamps ? world.path("right.mkv") : uploaded;
      await makeNumberedClip(source, clip);
      if (stamps) {
        const bent = [
          "-i",
          source,
          "-c",
          "copy",
          "-bsf:v",
          `setts=${stamps}`,
          "-avoid_negative_ts",
          "disabled",
          "-output_ts_offset",
          "1",
        ];
        const made = await run("ffmpeg", ["-v", "error", "-nostdin", ...bent, uploaded]);
        expect(made).toMatchObject({ exitCode: 0 });
      }
      const { rungs, audios, warnings } = await transcode(world, name);
      if (stamps) expect(warnings.join()).toContain("cannot be right");
      else expect(warnings).toEqual([]);
      const asIs = ["-copyts", "-start_at_zero"];
      const shown = inOrder(await numberedFrames(source, asIs));
      const heard = clip.audioSeconds === 0 ? null : await samplesOf(uploaded, asIs);

      for (const { folder, joined, segments } of [...rungs, ...audios]) {
        expect(checkTimeline(folder, segments)).toEqual([]);
        if (folder.startsWith("audio")) {
          const audio = await samplesOf(joined);
          const times = randomTimes(1, 0.1, Math.min(heard?.length ?? 0, audio.length) / sampleRate - 0.3);
          const delays = times.map((time) => ({ time, delay: delayAt(heard ?? audio, audio, time) }));
          expect(delays.filter(({ delay }) => !(Math.abs(delay) <= 0.02))).toEqual([]);
          continue;
        }
        const frames = await numberedFrames(joined, ["-copyts"]);
        const end = segments.at(-1)?.times.end ?? 0;
        if (endSeconds !== undefined) expect(end).toBeCloseTo(endSeconds, 1);
        const wrong = randomTimes(2, Math.max(frames[0]?.seconds ?? 0, shown[0]?.seconds ?? 0), end).flatMap((time) => {
          const number = numberAt(frames, time);
          const allowed = numbersWithin(shown, time - frameSeconds, time + frameSeconds);
          return allowed.has(number) ? [] : [{ time, number, allowed: [...allowed] }];
        });
        expect(wrong).toEqual([]);
        // Each frame of the source is there.
        expect([...new Set(frames.map(({ number }) => number))]).toEqual([
          ...new Set(shown.map(({ number }) => number)),
        ]);
      }
    },
    120_000,
  );
});

interface Made {
  folder: string;
  /** Init and all segments in one file. */
  joined: string;
  segments: ListedTimes[];
}

async function transcode(
  world: World,
  filename: string,
): Promise<{ rungs: Made[]; audios: Made[]; warnings: string[] }> {
  const { service, ended } = await createTestTranscoding(world, { segmentSeconds });
  await service.request("/transcode/start", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ upload_id: "a", filename }),
  });
  const { state, error, plan } = await ended("a", 90);
  expect([state, error]).toEqual(["ok", null]);
  if (!plan) throw new Error("There is no plan");
  const { renditions, warnings } = plan;
  const made = await Promise.all(renditions.map(({ name }) => read(world.path("hls", "a", name), name)));
  const ofKind = (kind: string) => made.filter((_, position) => renditions[position]?.kind === kind);
  return { rungs: ofKind("video"), audios: ofKind("audio"), warnings };
}

async function read(directory: string, folder: string): Promise<Made> {
  const parts: Uint8Array[] = [];
  const segments: ListedTimes[] = [];
  let init: InitTimes | undefined;
  let durationSeconds = 0;
  for (const line of (await Bun.file(join(directory, "playlist.m3u8")).text()).split("\n")) {
    const map = line.startsWith("#EXT-X-MAP:") ? attributesOf(line).URI : undefined;
    if (line.startsWith("#EXTINF:")) durationSeconds = Number.parseFloat(line.slice("#EXTINF:".length));
    if (!map && (line === "" || line.startsWith("#"))) continue;
    const bytes = await Bun.file(join(directory, map ?? line)).bytes();
    // All chunks have the same init segment.
    if (map) expect(init).toBeUndefined();
    else expect(line).toBe(segmentFile(segments.length));
    if (map) init = readInit(bytes);
    else if (init) segments.push({ times: readSegmentTimes(init, bytes), durationSeconds });
    parts.push(bytes);
  }
  const joined = join(directory, "joined.mp4");
  await Bun.write(joined, new Blob(parts as Uint8Array<ArrayBuffer>[]));
  return { folder, joined, segments };
}

const inOrder = (frames: NumberedFrame[]) => frames.toSorted((a, b) => a.seconds - b.seconds);

function randomTimes(seed: number, from: number, to: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length: moments }, () => from + random.next() * (to - from));
}

const numberAt = (frames: NumberedFrame[], seconds: number): number =>
  (frames.findLast((frame) => frame.seconds <= seconds + 1e-4) ?? frames[0])?.number ?? -1;

/** Numbers of all frames that are shown at some time in this span. */
function numbersWithin(frames: NumberedFrame[], from: number, to: number): Set<number> {
  const begun = frames.filter(({ seconds }) => seconds > from && seconds <= to + 1e-4);
  return new Set([numberAt(frames, from), ...begun.map(({ number }) => number)]);
}
