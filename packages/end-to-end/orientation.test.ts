/**
 * Phones film on their side and selfies are mirrored: the file says how to turn the video, in the matrix of its track
 * header (ISO/IEC 14496-12, 8.3.2). Each of the eight ways comes out as a person would see it.
 */
import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { transcodeClip } from "./transcode-clip.ts";

/** Black, its upper left quarter white; stored in 320 x 240. */
async function makeQuarter(path: string): Promise<Buffer> {
  const white = "drawbox=x=0:y=0:w=160:h=120:color=white:t=fill";
  const video = ["-f", "lavfi", "-i", `color=black:size=320x240:rate=10:duration=1,${white}`];
  const child = Bun.spawn(["ffmpeg", "-v", "error", ...video, "-pix_fmt", "yuv420p", path], { stdin: "ignore" });
  expect(await child.exited).toBe(0);
  return Buffer.from(await Bun.file(path).arrayBuffer());
}

/** The first frame in grey, made smaller until a pixel is a quarter. */
async function quartersOf(joined: string): Promise<number[]> {
  const output = ["-frames:v", "1", "-vf", "scale=2:2:flags=area,format=gray", "-f", "rawvideo", "-"];
  const child = Bun.spawn(["ffmpeg", "-v", "error", "-i", joined, ...output], { stdin: "ignore", stdout: "pipe" });
  return [...new Uint8Array(await new Response(child.stdout).arrayBuffer())];
}

const one = 0x10000;

test.each([
  ["as it is stored", [1, 0, 0, 1]],
  ["a quarter to the right", [0, 1, -1, 0]],
  ["upside down", [-1, 0, 0, -1]],
  ["a quarter to the left", [0, -1, 1, 0]],
  ["mirrored", [-1, 0, 0, 1]],
  ["mirrored upside down", [1, 0, 0, -1]],
  ["mirrored and turned to the right", [0, 1, 1, 0]],
  ["mirrored and turned to the left", [0, -1, -1, 0]],
])("a video %s", async (_, [a = 0, b = 0, c = 0, d = 0]) => {
  await using world = createWorld();
  const clip = await makeQuarter(world.path("clip.mp4"));
  const matrix = clip.indexOf("tkhd", 0, "latin1") + 4 + 40;
  for (const [position, value] of [
    [0, a],
    [1, b],
    [3, c],
    [4, d],
  ] as const)
    clip.writeInt32BE(value * one, matrix + position * 4);
  const { joined, plan } = await transcodeClip(world, "clip.mp4", (path) => Bun.write(path, clip));

  // Where the middle of the upper left quarter comes to lie, seen from the middle of the video.
  const right = -a - c > 0;
  const below = -b - d > 0;
  const brightest = (below ? 2 : 0) + (right ? 1 : 0);
  const quarters = await quartersOf(joined);
  expect(quarters.map((grey) => (grey > 128 ? "white" : "black"))).toEqual(
    Array.from({ length: 4 }, (_, quarter) => (quarter === brightest ? "white" : "black")),
  );
  const [rung] = plan.renditions;
  expect([rung?.width, rung?.height]).toEqual(a === 0 ? [240, 320] : [320, 240]);
});
