/** A broadcast may change the size of its picture in the middle: no frame is lost, and all come out in one size. */
import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { pictureOf } from "./sources.ts";

test("a picture that changes its size in the middle comes out whole", async () => {
  await using world = createWorld();
  const small = await makeClip(world.path("small.ts"), { seconds: 3, width: 640, height: 360 });
  const later = { extra: ["-output_ts_offset", "3"] };
  const large = await makeClip(world.path("large.ts"), { seconds: 3, width: 1280, height: 720, ...later });
  await mkdir(world.path("originals", "a"), { recursive: true });
  const joined = new Blob([await Bun.file(small).arrayBuffer(), await Bun.file(large).arrayBuffer()]);
  await Bun.write(world.path("originals", "a", "clip.ts"), joined);

  const { service, deps } = await createTestTranscoding(world, { segmentSeconds: 2 });
  await service.request("/transcode/start", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ upload_id: "a", filename: "clip.ts" }),
  });
  await until("it is transcoded", () => !deps.engine.isAtWork("a"), 30);
  expect(deps.jobs.get("a").error).toBeNull();

  const folder = world.path("hls", "a", "360p");
  const indexes = [...new Bun.Glob("segment-*.m4s").scanSync(folder)].sort();
  const parts = ["init-libx264.mp4", ...indexes].map((name) => Bun.file(`${folder}/${name}`).arrayBuffer());
  await Bun.write(world.path("joined.mp4"), new Blob(await Promise.all(parts)));
  const { frames, seconds } = await pictureOf(world.path("joined.mp4"));
  expect(frames).toBe(150);
  expect(seconds).toBeCloseTo(6, 1);
});
