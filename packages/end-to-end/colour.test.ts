/**
 * Colours come out as they went in, whatever the source's coding of them: a red patch stays red and a grey one grey, when
 * the stream is read as it says that it is to be read, BT.709 in limited range.
 */
import { expect, test } from "bun:test";
import { run } from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { transcodeClip } from "./transcode-clip.ts";

type Colour = [red: number, green: number, blue: number];

/** One colour, coded by these filters and arguments. */
async function makePatch(path: string, [red, green, blue]: Colour, coding: Coding): Promise<void> {
  const rgb = [red, green, blue].map((value) => value.toString(16).padStart(2, "0")).join("");
  const video = `color=0x${rgb}:size=${coding.size ?? "320x240"}:rate=10:duration=1,format=gbrp,${coding.filters}`;
  const result = await run("ffmpeg", [
    ...["-nostdin", "-v", "error", "-f", "lavfi", "-i", video, "-c:v", coding.codec ?? "libx264", "-qp", "0"],
    ...[...(coding.arguments ?? []), path],
  ]);
  expect(result).toMatchObject({ exitCode: 0 });
}

interface Coding {
  filters: string;
  size?: string;
  codec?: string;
  arguments?: string[];
}

/** The first pixel of a stream, as a player that believes its tags shows it. */
async function shownColour(joined: string): Promise<Colour> {
  const shown = "scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd,format=rgb24,crop=1:1";
  const output = ["-frames:v", "1", "-vf", shown, "-f", "rawvideo", "-"];
  const child = Bun.spawn(["ffmpeg", "-v", "error", "-i", joined, ...output], { stdin: "ignore", stdout: "pipe" });
  const [red = 0, green = 0, blue = 0] = new Uint8Array(await new Response(child.stdout).arrayBuffer());
  return [red, green, blue];
}

const tags = (primaries: string, transfer: string, matrix: string, range = "tv") => [
  ...["-color_primaries", primaries, "-color_trc", transfer, "-colorspace", matrix, "-color_range", range],
];
const toHdr = (transfer: string) =>
  `zscale=min=gbr:tin=bt709:pin=bt709:rin=full:t=${transfer}:p=bt2020:m=bt2020nc:r=limited:npl=100,format=yuv420p10le`;

const red: Colour = [200, 30, 40];
const grey: Colour = [110, 110, 110];

/** What people see of a patch. */
async function transcoded(colour: Colour, coding: Coding): Promise<Colour> {
  await using world = createWorld();
  const { joined } = await transcodeClip(world, "clip.mp4", (path) => makePatch(path, colour, coding));
  return await shownColour(joined);
}

const coded = (matrix: string, range: string, format: string) =>
  `scale=out_color_matrix=${matrix}:out_range=${range}:flags=accurate_rnd,format=${format}`;

test.each<[string, Coding]>([
  ["BT.601 that nobody tells", { filters: coded("bt601", "tv", "yuv420p") }],
  ["BT.709 of high definition that nobody tells", { filters: coded("bt709", "tv", "yuv420p"), size: "1280x720" }],
  ["full range", { filters: coded("bt709", "pc", "yuv420p"), arguments: tags("bt709", "bt709", "bt709", "pc") }],
  ["4:4:4", { filters: coded("bt709", "tv", "yuv444p"), arguments: tags("bt709", "bt709", "bt709") }],
  ["10 bit", { filters: coded("bt709", "tv", "yuv420p10le"), arguments: tags("bt709", "bt709", "bt709") }],
  ["RGB", { filters: "format=rgb24", codec: "libx264rgb" }],
])("%s", async (_, coding) => {
  for (const colour of [red, grey]) {
    const shown = await transcoded(colour, coding);
    for (const [channel, value] of colour.entries()) {
      expect(Math.abs((shown[channel] ?? 0) - value)).toBeLessThanOrEqual(5);
    }
  }
});

test.each([
  ["PQ", "smpte2084"],
  ["HLG", "arib-std-b67"],
])("%s: a tone map darkens, and leaves red red and grey grey", async (_, transfer) => {
  const coding = { filters: toHdr(transfer), arguments: tags("bt2020", transfer, "bt2020nc") };
  // Shown as they are, without a conversion, these would be 104, 62, 47 and 110, 47, 32.
  const [strong, green, blue] = await transcoded(red, coding);
  expect(strong).toBeGreaterThan(100);
  expect(Math.max(green, blue)).toBeLessThan(strong / 4);
  const shown = await transcoded(grey, coding);
  expect(Math.max(...shown) - Math.min(...shown)).toBeLessThanOrEqual(4);
  expect(shown[0]).toBeGreaterThan(50);
});
