import { expect, test } from "bun:test";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { muxedInitFile } from "@video-backend/storage/layout";
import { createWorld, makeClip, neededBufferKbits, type World } from "@video-backend/testing";
import { libx264 } from "./encoders.ts";
import { makePlan, type RateControl } from "./make-plan.ts";
import { type Plan, type VideoRendition, videoRenditions } from "./plan.ts";
import { probe } from "./probe.ts";
import { run } from "./spawn.ts";
import { videoCommand } from "./video-command.ts";

/** Of a video that its cap holds back throughout, or of a quiet one. */
const kinds = { noisy: ["-vf", "noise=alls=20:allf=t"], quiet: [] };

async function planOfClip(path: string, rateControl: RateControl): Promise<[Plan, VideoRendition]> {
  const plan = makePlan(await probe(path, run), { segmentSeconds: 2, networkSpeed: 10, rateControl });
  const [rung] = videoRenditions(plan);
  if (!rung) throw new Error("no rung");
  return [plan, rung];
}

/** The whole rung, so many segments a run; the path of one file of all, and its init segment. */
async function encoded(
  world: World,
  source: string,
  [plan, rung]: [Plan, VideoRendition],
  count: number,
  x264Preset = "veryfast",
) {
  const directory = world.path(`${rung.quality}-${count}-${x264Preset}`);
  const folder = `${directory}/${rung.name}`;
  await mkdir(folder, { recursive: true });
  for (let first = 0; first < rung.segmentCount; first += count) {
    const chunk = { kind: "video" as const, renditions: [rung.name], first, count };
    const settings = { source, directory, encoder: libx264, threads: 2, x264Preset, reportSeconds: 1 };
    const { exitCode, errors } = await run("ffmpeg", videoCommand(plan, chunk, settings));
    expect([exitCode, errors]).toEqual([0, ""]);
  }
  const numbers = (await readdir(folder)).flatMap((name) => (name.endsWith(".m4s") ? [Number.parseInt(name, 10)] : []));
  const names = numbers.sort((a, b) => a - b).map((number) => `${number}.m4s`);
  const init = await readFile(`${folder}/${muxedInitFile}`);
  const path = `${directory}.mp4`;
  const parts = await Promise.all(names.map((name) => readFile(`${folder}/${name}`)));
  await Bun.write(path, new Blob([init, ...parts]));
  return { path, init, bytes: parts.reduce((sum, part) => sum + part.length, 0) };
}

test.each(["ultrafast", "superfast", "veryfast"])(
  "a constant quality keeps the rung's caps with %s, also where run after run is joined",
  async (preset) => {
    await using world = createWorld();
    const clip = { width: 640, height: 360, seconds: 6, audio: false, extra: [...kinds.noisy, "-crf", "10"] };
    const source = await makeClip(world.path("noisy.mp4"), clip);
    const planned = await planOfClip(source, "quality");
    const [, rung] = planned;
    for (const count of [1, rung.segmentCount]) {
      const { path, bytes } = await encoded(world, source, planned, count, preset);
      expect(await neededBufferKbits(path, rung.maxrateKbps)).toBeLessThanOrEqual(rung.bufferKbps);
      // It is the cap that holds it back.
      expect((bytes * 8) / 1000 / clip.seconds).toBeGreaterThan(0.8 * rung.maxrateKbps);
    }
  },
  60_000,
);

test("runs of one rate control have one init segment, and those of the other another", async () => {
  await using world = createWorld();
  const clip = { width: 640, height: 360, seconds: 2, audio: false, extra: kinds.quiet };
  const source = await makeClip(world.path("quiet.mp4"), clip);
  const quality = await planOfClip(source, "quality");
  const bitrate = await planOfClip(source, "bitrate");
  const inits = async (planned: [Plan, VideoRendition]) => [
    (await encoded(world, source, planned, 1)).init.toHex(),
    (await encoded(world, source, planned, 2)).init.toHex(),
  ];
  const [first, again] = await inits(quality);
  expect(again).toBe(first as string);
  const [other, otherAgain] = await inits(bitrate);
  expect(otherAgain).toBe(other as string);
  expect(other).not.toBe(first as string);
}, 60_000);
