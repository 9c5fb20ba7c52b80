import { expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { type RateControl, type Run, run, videoRenditions } from "@video-backend/media";
import { folders } from "@video-backend/storage/layout";
import { createWorld, transcript, until, type World } from "@video-backend/testing";
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

test("a new video has the quality of its rung, or its mean bit rate where that is set", async () => {
  for (const [rateControl, option, quality] of [
    ["quality", "-crf", 21],
    ["bitrate", "-b:v", undefined],
  ] as const) {
    await using world = createWorld();
    const service = await start(world, rateControl);
    await placeOriginal(world, service.metadata, "a", { seconds: 1 });
    await service.send("POST /transcode/start", begin);
    const job = await service.ended("a", 30);
    expect(job.plan && videoRenditions(job.plan).map((rung) => rung.quality)).toEqual([quality]);
    expect([...service.told]).toEqual([option]);
  }
});
