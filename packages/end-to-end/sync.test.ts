/** Video and audio stay together: each flash comes with its beep as it did in the source, over every join. */
import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, until } from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { beepsIn, type FlashClip, flashesIn, flashTimes, makeFlashClip } from "./flashes.ts";
import { attributesOf } from "./inspect-stream.ts";

/** People notice audio that comes 45 ms too early (ITU-R BT.1359); what we add to the source's own error is less than half. */
const mostErrorSeconds = 0.02;

const clips: [string, FlashClip][] = [
  ["23.976", { rate: "24000/1001" }],
  ["29.97", { rate: "30000/1001" }],
  ["50", { rate: "50" }],
  ["unevenly many, up to 30", { rate: "30", varying: true }],
];

test.each(clips)(
  "at %s frames a second, each flash comes with its beep",
  async (_, clip) => {
    await using world = createWorld();
    const { service, deps } = await createTestTranscoding(world, { segmentSeconds: 4 });
    await mkdir(world.path("originals", "a"), { recursive: true });
    const source = await makeFlashClip(world.path("originals", "a", "clip.mp4"), clip);
    await service.request("/transcode/start", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ upload_id: "a", filename: "clip.mp4" }),
    });
    await until("it is done", async () => (await deps.jobs.find("a"))?.state === "ok", 60);

    const asItWas = await leadsIn([source], [source]);
    const videos = await joinedParts(world.path("hls", "a", "360p"));
    const asItIs = await leadsIn(videos, await joinedParts(world.path("hls", "a", "audio")));
    const errors = flashTimes.map((time, index) => ({
      time,
      error: Math.abs((asItIs[index] ?? Number.NaN) - (asItWas[index] ?? Number.NaN)),
    }));
    expect(errors.filter(({ error }) => !(error <= mostErrorSeconds))).toEqual([]);
  },
  60_000,
);

/** How much later each flash comes than its beep, in seconds. */
async function leadsIn(videos: string[], audios: string[]): Promise<number[]> {
  const [flashes, beeps] = [await flashesIn(videos), await beepsIn(audios)];
  expect([flashes.length, beeps.length]).toEqual([flashTimes.length, flashTimes.length]);
  return flashes.map((flash, index) => flash - (beeps[index] ?? Number.NaN));
}

/** A file for each init segment that a playlist names: it, and what goes with it. */
async function joinedParts(folder: string): Promise<string[]> {
  const parts: string[][] = [];
  for (const line of (await Bun.file(join(folder, "playlist.m3u8")).text()).split("\n")) {
    if (line.startsWith("#EXT-X-MAP:")) parts.push([attributesOf(line).URI ?? ""]);
    else if (line !== "" && !line.startsWith("#")) parts.at(-1)?.push(line);
  }
  return Promise.all(
    parts.map(async (names, index) => {
      const path = join(folder, `joined-${index}.mp4`);
      await Bun.write(path, new Blob(await Promise.all(names.map((name) => Bun.file(join(folder, name)).bytes()))));
      return path;
    }),
  );
}
