import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { type RateControl, type Run, run, videoRenditions } from "@video-backend/media";
import { folders } from "@video-backend/storage/layout";
import { createWorld, transcript, until, type World } from "@video-backend/testing";
import { planOf } from "../jobs/jobs.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";

/** A service with this setting, and the rate controls that its encoders of video were told. */
async function start(world: World, rateControl: RateControl, metadata?: Parameters<typeof createTestTranscoding>[1]) {
  const told = new Set<string>();
  const noting: Run = (program, args, options) => {
    for (const option of ["-crf", "-b:v"])
      if (args.includes("-force_key_frames") && args.includes(option)) told.add(option);
    return run(program, args, options);
  };
  const service = await createTestTranscoding(world, { ...metadata, rateControl, run: noting });
  return { ...service, send: transcript(service.service), told };
}

const begin = { json: { upload_id: "a", filename: "clip.mp4" } };

test("a video that was begun with mean bit rates goes on so after a restart with constant quality", async () => {
  await using world = createWorld();
  const first = await start(world, "bitrate");
  await placeOriginal(world, first.metadata, "a", { seconds: 12 });
  await first.send("POST /transcode/start", begin);
  await until("something is made", async () =>
    (await first.deps.ledger.list("a")).some((row) => row.rendition === "360p"),
  );
  await first.close();
  expect([...first.told]).toEqual(["-b:v"]);

  const { metadata } = first;
  const second = await start(world, "quality", { metadata });
  expect((await second.ended("a", 30)).state).toBe("ok");
  expect([...second.told]).toEqual(["-b:v"]);
  const names = await readdir(world.path(folders.streams, "a", "360p"));
  expect(names.filter((name) => name.startsWith("init-"))).toEqual(["init-libx264.mp4"]);
});

test("a new video has the quality of its rung, in a quarter of the bytes where it is a quiet one", async () => {
  await using world = createWorld();
  const bytes: number[] = [];
  const { metadata } = await start(world, "bitrate");
  for (const rateControl of ["bitrate", "quality"] as const) {
    await using place = createWorld();
    const service = await start(place, rateControl, { metadata });
    const still = ["-vf", "select=eq(n\\,0),loop=-1:1,setpts=N/25/TB"];
    await placeOriginal(place, metadata, "a", { seconds: 4, extra: still });
    await service.send("POST /transcode/start", begin);
    const job = await service.ended("a", 30);
    expect(job.state).toBe("ok");
    const plan = planOf(job);
    const qualities = plan && videoRenditions(plan).map(({ quality }) => quality);
    expect(qualities).toEqual([rateControl === "quality" ? 20 : undefined]);
    const rows = (await service.deps.ledger.list("a")).filter((row) => row.rendition === "360p");
    bytes.push(rows.reduce((sum, row) => sum + row.bytes, 0));
    await service.close();
  }
  const [byBitRate = 0, byQuality = 0] = bytes;
  expect(byQuality).toBeLessThan(byBitRate / 4);
});
