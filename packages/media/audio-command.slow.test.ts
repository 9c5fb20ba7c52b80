import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { stereoMix } from "./audio-command.ts";
import { makePlan } from "./make-plan.ts";
import { probe } from "./probe.ts";
import { run } from "./spawn.ts";

async function ffmpeg(...args: string[]): Promise<void> {
  const result = await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
  if (result.exitCode !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${result.errors}`);
}

/** The loudness of the first two channels, RMS in dB, after the mix of a file's audio. */
async function mixedLoudness(path: string): Promise<{ channels: number; decibels: number[] }> {
  const [audio] = (await probe(path, run)).audio;
  if (!audio) throw new Error(`${path} has no audio`);
  const lines: string[] = [];
  const measure = "astats=metadata=1:measure_overall=none:measure_perchannel=RMS_level,ametadata=print:file=-";
  const filters = `${stereoMix(audio).filter},asetnsamples=48000,${measure}`;
  const args = ["-v", "error", "-i", path, "-af", filters, "-f", "null", "-"];
  const result = await run("ffmpeg", args, { onLine: (line) => lines.push(line) });
  expect(result).toMatchObject({ exitCode: 0, errors: "" });
  const level = (channel: number) => {
    const told = lines.find((line) => line.includes(`.${channel}.RMS_level`))?.split("=")[1];
    return told === "-inf" ? Number.NEGATIVE_INFINITY : Number(told);
  };
  return { channels: audio.channels, decibels: [level(1), level(2)] };
}

test("any number of channels without a known place is heard, at least in its first two", async () => {
  await using world = createWorld();
  await Promise.all(
    [1, 2, 6, 9, 10, 12, 16, 24, 32, 64].map(async (channels) => {
      const path = world.path(`${channels}.wav`);
      const tones = Array.from({ length: channels }, (_, channel) => `0.2*sin(${3000 + 500 * (channel % 8)}*t)`);
      // A WAV of the plain form tells no layout.
      await Bun.write(world.path(`${channels}.txt`), `aevalsrc=${tones.join("|")}:s=48000:d=1`);
      await ffmpeg(
        "-f",
        "lavfi",
        "-i",
        await Bun.file(world.path(`${channels}.txt`)).text(),
        "-f",
        "s16le",
        `${path}.raw`,
      );
      await ffmpeg("-f", "s16le", "-ar", "48000", "-ac", String(channels), "-i", `${path}.raw`, path);
      const { decibels } = await mixedLoudness(path);
      for (const level of decibels) expect(level).toBeGreaterThan(-30);
    }),
  );
});

test("ambisonics of every order, with and without stereo beside, keep left and right", async () => {
  await using world = createWorld();
  for (const [channels, layout] of [
    [4, "ambisonic 1"],
    [6, "ambisonic 1+stereo"],
    [9, "ambisonic 2"],
    [16, "ambisonic 3"],
  ] as const) {
    const path = world.path(`${channels}.mka`);
    // From the left: Y is as loud as W, and of the same sign.
    const rest = Array.from({ length: channels - 2 }, () => "0");
    const source = `aevalsrc=${["0.5*sin(3000*t)", "0.5*sin(3000*t)", ...rest].join("|")}:s=48000:d=1`;
    await ffmpeg(
      "-f",
      "lavfi",
      "-i",
      source,
      "-c:a",
      "libopus",
      "-mapping_family",
      "2",
      "-b:a",
      `${channels * 64}k`,
      path,
    );
    expect((await probe(path, run)).audio[0]).toMatchObject({ channels, layout });
    const { decibels } = await mixedLoudness(path);
    expect(decibels[0]).toBeCloseTo(-9, 0);
    expect(decibels[1]).toBeLessThan(-30);
  }
});

test("what is left out of a mix is said, and a track that cannot be mixed leaves the others alone", async () => {
  await using world = createWorld();
  const clip = world.path("clip.mkv");
  const noise = (channels: number) => [
    "-f",
    "s16le",
    "-ar",
    "48000",
    "-ac",
    String(channels),
    "-i",
    world.path("zeros"),
  ];
  await Bun.write(world.path("zeros"), new Uint8Array(65 * 2 * 4800));
  const inputs = [...noise(2), ...noise(6), ...noise(10), ...noise(65)];
  await ffmpeg(...inputs, "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:a", "pcm_s16le", clip);
  const facts = await probe(clip, run);
  expect(facts.audio.map(({ channels }) => channels)).toEqual([2, 6, 10]);
  expect(facts.warnings).toEqual([
    "Track 2 (audio, pcm_s16le) has 10 channels whose positions are not told: its first two are taken",
    "Track 3 (audio, pcm_s16le) is left out: it has 65 channels, and at most 64 can be mixed",
  ]);
  const plan = makePlan(facts, { segmentSeconds: 4, networkSpeed: 10 });
  expect(plan.renditions.map(({ name }) => name)).toEqual(["audio", "audio-2", "audio-3"]);
});
