/** A broadcast may change the size of its video in the middle: no frame is lost, and all come out in one size. */
import { expect, test } from "bun:test";
import { createWorld, makeClip } from "@video-backend/testing";
import { videoOf } from "./sources.ts";
import { transcodeClip } from "./transcode-clip.ts";

test("a video that changes its size in the middle comes out whole", async () => {
  await using world = createWorld();
  const small = await makeClip(world.path("small.ts"), { seconds: 3, width: 640, height: 360 });
  const later = { extra: ["-output_ts_offset", "3"] };
  const large = await makeClip(world.path("large.ts"), { seconds: 3, width: 1280, height: 720, ...later });
  const { joined } = await transcodeClip(world, "clip.ts", async (path) =>
    Bun.write(path, new Blob([await Bun.file(small).arrayBuffer(), await Bun.file(large).arrayBuffer()])),
  );
  const { frames, seconds } = await videoOf(joined);
  expect(frames).toBe(150);
  expect(seconds).toBeCloseTo(6, 1);
});
