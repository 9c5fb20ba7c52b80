/**
 * Constant quality against mean bit rates: the bytes of every rung, and how like its source it is. Both are made by the
 * service itself, in its tasks, so that the joins between them are in it. Of audio, which is the same in both, nothing counts.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { System } from "@video-backend/end-to-end/system";
import { type Plan, type RateControl, rateControls, type VideoRendition, videoRenditions } from "@video-backend/media";
import { folders, playlistFile } from "@video-backend/storage/layout";
import { neededBufferKbits } from "@video-backend/testing";
import type { Bench, Part } from "../bench.ts";
import type { Row } from "../rows.ts";
import { planOf } from "../transcoding/bare-ffmpeg.ts";
import { place, untilDone } from "../transcoding/jobs.ts";
import { startMeasuredSystem } from "../transcoding/settings.ts";
import { type Encoded, measureLikeness } from "./measure.ts";
import { plot } from "./plot.ts";
import { type Measured, marginOf, markdownOf, type Result } from "./results.ts";
import { placeTitles, type Title } from "./titles.ts";

/** All that there are, and so many of a short run. */
const titleCount = 99;
const quickCount = 3;

const mebibyte = 1024 * 1024;

export const quality: Part = async (bench) => {
  const titles = await placeTitles(bench.world, Math.max(bench.repetitions(titleCount), quickCount));
  const byControl = new Map<RateControl, Map<string, Measured>>();
  for (const rateControl of rateControls) byControl.set(rateControl, await measureAll(bench, titles, rateControl));
  const results: Result[] = [...(byControl.get("quality") ?? [])].flatMap(([key, ours]) => {
    const bitrate = byControl.get("bitrate")?.get(key);
    return bitrate ? [{ title: ours.title, rung: ours.rung, quality: ours, bitrate }] : [];
  });
  bench.print(`${markdownOf(results)}\n`);
  await writeFile(bench.plotPath, plot(results));
  bench.say(`  drawn in ${bench.plotPath}`);
  return rowsOf(results);
};

function rowsOf(results: Result[]): Row[] {
  const mebibytes = (control: RateControl) => results.reduce((sum, one) => sum + one[control].bytes, 0) / mebibyte;
  const least = (of: (result: Result) => number) => [Math.min(...results.map(of))];
  const atLeastNone = { of: "ours", atLeast: 0 } as const;
  return [
    {
      what: "Bytes of the whole ladder",
      unit: "MiB",
      ours: [mebibytes("quality")],
      other: { name: "mean bit rates", values: [mebibytes("bitrate")] },
      goal: { of: "ours / other", atMost: 0.5 },
    },
    {
      what: "Mean SSIM above min(mean bit rates', 17 dB)",
      unit: "dB",
      ours: least((one) => marginOf(one, "mean", 17)),
      other: null,
      goal: atLeastNone,
    },
    {
      what: "Fifth percentile above min(mean bit rates', 15 dB)",
      unit: "dB",
      ours: least((one) => marginOf(one, "fifth", 15)),
      other: null,
      goal: atLeastNone,
    },
    {
      what: "Buffer that a rung needs at its maxrate",
      unit: "buffers",
      ours: [Math.max(...results.map((one) => one.quality.buffers))],
      other: null,
      goal: { of: "ours", atMost: 1 },
    },
  ];
}

/** By title and rung. */
async function measureAll(bench: Bench, titles: Title[], rateControl: RateControl): Promise<Map<string, Measured>> {
  const { signal, say } = bench;
  const measured = new Map<string, Measured>();
  await using system = await startMeasuredSystem(bench, { RATE_CONTROL: rateControl });
  for (const title of titles) {
    signal.throwIfAborted();
    const videoId = await place(system, title.path);
    await untilDone(system, videoId, signal);
    const plan = await planOf(title.path);
    const encoded = await Promise.all(videoRenditions(plan).map((rung) => joined(bench, system, videoId, rung)));
    for (const one of await measureTitle(title, plan, encoded, signal)) {
      measured.set(`${one.title} ${one.rung}`, one);
      say(`  ${rateControl}: ${one.title}, ${one.rung}: ${one.bytes} bytes, ${one.mean.toFixed(2)} dB`);
    }
  }
  return measured;
}

async function measureTitle(title: Title, plan: Plan, encoded: Encoded[], signal: AbortSignal): Promise<Measured[]> {
  const likeness = await measureLikeness(plan, title.path, encoded, signal);
  return Promise.all(
    encoded.map(async ({ rung, path }, position) => {
      const { mean, fifth } = likeness[position] ?? { mean: Number.NaN, fifth: Number.NaN };
      const buffers = (await neededBufferKbits(path, rung.maxrateKbps)) / rung.bufferKbps;
      return { title: title.name, rung: rung.name, bytes: Bun.file(path).size, mean, fifth, buffers };
    }),
  );
}

/** A rendition that the service has made, as one file: what its playlist names, in its order. */
async function joined({ world }: Bench, system: System, videoId: string, rung: VideoRendition): Promise<Encoded> {
  const folder = join(system.storage, folders.streams, videoId, rung.name);
  const playlist = await readFile(join(folder, playlistFile), "utf8");
  const inits = [...playlist.matchAll(/^#EXT-X-MAP:URI="(.+)"$/gm)].map(([, name = ""]) => name);
  const [init] = inits;
  if (!init || inits.length > 1) throw new Error(`${rung.name} of ${videoId} has ${inits.length} init segments`);
  const segments = playlist.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const parts = await Promise.all([init, ...segments].map((name) => readFile(join(folder, basename(name)))));
  const path = world.path("renditions", `${videoId}-${rung.name}.mp4`);
  await mkdir(world.path("renditions"), { recursive: true });
  await writeFile(path, Buffer.concat(parts));
  return { rung, path };
}
