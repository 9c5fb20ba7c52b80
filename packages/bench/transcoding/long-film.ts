/**
 * Whether the cost of an event grows with the length of a film: how long the event loop of the transcoding service stands
 * still while ten hours are encoded, with most of the ledger full, four who follow the status, one who looks at the map of
 * segments, and a demand a second. The service runs within this process, so that its event loop can be watched.
 */
import { mkdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { type Plan, plannedSeconds, plannedStartSeconds, type Rendition } from "@video-backend/media";
import { initFile } from "@video-backend/storage/layout";
import { createRandom, createWorld, makeClip } from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import type { Bench, Part } from "../bench.ts";
import { filmHours, repeated } from "../clips.ts";
import { segmentSeconds } from "./settings.ts";

/** Whole packets of audio, whole frames and whole segments. */
const pieceSeconds = 64;
/** Of each rendition, what is in the ledger when the measurement begins. */
const filledShare = 0.9;
const measuredSeconds = 30;
const statusReaders = 4;
const statusEverySeconds = 0.25;

export const longFilm: Part = async (bench) => {
  const piece = await makeClip(bench.world.path("piece.mp4"), {
    ...{ width: 1920, height: 1080, rate: "5", seconds: pieceSeconds },
    extra: ["-tune", "stillimage", "-g", "40", "-b:a", "32k", "-crf", "40"],
  });
  const short = await measure(bench, piece, 1);
  const long = await measure(bench, piece, Math.ceil((filmHours * 3600) / pieceSeconds));
  bench.say(`${JSON.stringify({ short, long })}`);
  return [
    {
      what: `Event loop, ${filmHours} h, p99 of delays`,
      unit: "ms",
      ours: [long.p99Milliseconds],
      other: null,
      goal: { of: "ours", atMost: 20 },
    },
    {
      what: `Status, ${filmHours} h, median`,
      unit: "ms",
      ours: [long.statusMilliseconds],
      other: null,
      goal: { of: "ours", atMost: 5 },
    },
    {
      what: `Start, ${filmHours} h, first tasks in the queue`,
      unit: "s",
      ours: [long.startSeconds],
      other: { name: `${pieceSeconds} s`, values: [short.startSeconds] },
      goal: { of: "ours / other", atMost: 1.1 },
    },
    {
      what: `Memory, ${filmHours} h`,
      unit: "MiB",
      ours: [long.mebibytes],
      other: { name: `${pieceSeconds} s`, values: [short.mebibytes] },
      goal: { of: "ours / other", atMost: 1.2 },
    },
  ];
};

interface Measured {
  startSeconds: number;
  p99Milliseconds: number;
  maxMilliseconds: number;
  statusMilliseconds: number;
  mebibytes: number;
}

async function measure(bench: Bench, piece: string, repeats: number): Promise<Measured> {
  await using world = createWorld();
  const { deps, service } = await createTestTranscoding(world, { segmentSeconds });
  await mkdir(world.path("originals", "film"), { recursive: true });
  await repeated(piece, repeats, world.path("originals", "film", "film.mp4"));
  const get = async (path: string) => {
    const response = await service.request(path, { signal: bench.signal });
    await response.arrayBuffer();
    return response;
  };
  const post = (path: string, json: object) =>
    service.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(json),
      signal: bench.signal,
    });
  const startedAt = performance.now();
  await post("/transcode/start", { upload_id: "film", filename: "film.mp4", network_speed: 10 });
  const isRunning = async () => (await deps.queue.list("film/")).some(({ task }) => task.kind === "encode");
  while (!(await isRunning())) await pause(1, undefined, { signal: bench.signal });
  const startSeconds = (performance.now() - startedAt) / 1000;
  const plan = (await deps.jobs.find("film"))?.plan;
  if (!plan) throw new Error("The film has no plan");
  if (repeats > 1) await fill(deps, plan);
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const statuses: number[] = [];
  const until = performance.now() + measuredSeconds * 1000;
  const random = createRandom(1);
  const follow = async (path: string, everySeconds: number, times: number[]) => {
    while (performance.now() < until) {
      const askedAt = performance.now();
      await get(path);
      times.push(performance.now() - askedAt);
      await pause(everySeconds * 1000, undefined, { signal: bench.signal });
    }
  };
  const demand = async () => {
    while (performance.now() < until) {
      const { name, segmentCount } = plan.renditions[random.below(plan.renditions.length)] ?? {
        name: "",
        segmentCount: 1,
      };
      const filled = Math.floor(segmentCount * filledShare);
      // It waits for up to eight seconds, and another one is made meanwhile.
      const index = filled + random.below(segmentCount - filled);
      void Promise.resolve(post("/transcode/film/demand", { quality: name, segment: index })).catch(() => undefined);
      await pause(1000, undefined, { signal: bench.signal });
    }
  };
  delays.enable();
  await Promise.all([
    ...Array.from({ length: statusReaders }, () => follow("/transcode/status/film", statusEverySeconds, statuses)),
    follow("/transcode/film/segments", 1, []),
    demand(),
  ]);
  delays.disable();
  const measured = {
    startSeconds,
    p99Milliseconds: delays.percentile(99) / 1e6,
    maxMilliseconds: delays.max / 1e6,
    statusMilliseconds: statuses.toSorted((a, b) => a - b)[Math.floor(statuses.length / 2)] ?? Number.NaN,
    mebibytes: process.memoryUsage.rss() / 1024 / 1024,
  };
  await post("/transcode/film/stop", {});
  return measured;
}

type Deps = Awaited<ReturnType<typeof createTestTranscoding>>["deps"];

/** Enters rows of the first segments of each rendition, as if they had been made; their files are not looked for. */
async function fill({ ledger }: Deps, plan: Plan): Promise<void> {
  for (const rendition of plan.renditions) {
    const count = Math.floor(rendition.segmentCount * filledShare);
    for (let from = 0; from < count; from += 500) {
      const indexes = Array.from({ length: Math.min(500, count - from) }, (_, offset) => from + offset);
      await ledger.enter(indexes.map((index) => rowOf(plan, rendition, index)));
      await pause(0);
    }
  }
}

function rowOf(plan: Plan, rendition: Rendition, index: number) {
  const encoder = rendition.kind === "audio" ? "aac" : "libx264";
  return {
    ...{ videoId: "film", rendition: rendition.name, index, encoder, init: initFile(encoder), codec: rendition.codec },
    ...{ bytes: 10_000, keyFrameBytes: 5_000, samples: 20 },
    startSeconds: plannedStartSeconds(plan, rendition, index),
    durationSeconds: plannedSeconds(plan, rendition, index),
  };
}
