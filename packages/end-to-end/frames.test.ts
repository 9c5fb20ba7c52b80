/**
 * The frames of the chunked encode are the frames of one pass: as many, and at the same times, joins included. A variable
 * rate has besides them the frame that is shown at the beginning of a segment, once more. Over every file of the shared
 * media folder with ALL_MEDIA=1, else over one of each kind that ever went wrong.
 */
import { describe, expect, test } from "bun:test";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { repeatsAtBoundaries } from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { mediaFolder } from "@video-backend/testing/media";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { mediaIndex } from "./sources.ts";

const kinds = [
  "bbb-h264-aac51-720p25-62s.ts",
  "h264-aac-1080p25-26s.mp4",
  "asf-msmpeg4v3-wma8k-28s.asf",
  "vfr-slideshow-counting-24s.mp4",
  "multiaudio-eng-deu-movtext-deu-vfr.mp4",
  "3gp-h263-amr-15s.3gp",
  "hevc-hdr10-pq-1080p.mp4",
  "rot90-hevc-iphone-720p.mov",
  "mpeg4asp-mp3-960x400-23976.avi",
  "flv-vp6-mp3-vfr.flv",
  "interlaced-avchd-1080i50.mts",
  "elst-empty-edit-5s.mp4",
  "ipod-h264-aac-85s.m4v",
];
const index = await mediaIndex(mediaFolder);
const files = index
  .filter((row) => row.expect.startsWith("transcode") && !row.expect.includes("fail-cleanly"))
  .map((row) => row.file)
  .filter((file) => process.env.ALL_MEDIA === "1" || kinds.includes(file));

describe.skipIf(files.length === 0)("the frames of", () => {
  test.each(files)(
    "%s",
    async (file) => {
      await using world = createWorld();
      const { service, ended } = await createTestTranscoding(world, { segmentSeconds: 4 });
      await mkdir(world.path("originals", "a"), { recursive: true });
      const source = world.path("originals", "a", file);
      await copyFile(join(mediaFolder, file), source);
      await service.request("/transcode/start", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ upload_id: "a", filename: file, network_speed: 0.5 }),
      });
      const job = await ended("a", 60);
      expect([job.state, job.error]).toEqual(["ok", null]);
      const { video, access } = job.plan ?? {};
      if (!video) throw new Error("There is no video");
      // What is brought to 60 frames a second, or held at the end, has other frames on purpose.
      if (video.cappedFrameRate || video.heldFromSeconds !== undefined) return;

      const isCopied = access !== "source";
      // What is held before the video begins is no frame of the source.
      const begin = (video.heldUntilSeconds ?? 0) - 0.001;
      const segments = await timesOfSegments(world.path("hls", "a", "360p"));
      const wanted = await timesOfOnePass(source);
      // In one pass over MPEG-TS the video alone begins at zero, and in a copy times are whole milliseconds.
      const offset = isCopied ? (segments[0]?.[0] ?? 0) - (wanted[0] ?? 0) : 0;
      // Rounded once, and twice where the first frame is off by a rounding, too.
      const roundingSeconds = isCopied ? (offset === 0 ? 0.0006 : 0.0011) : 0.0003;
      const isOwn = (time: number) => wanted.some((one) => Math.abs(one - (time - offset)) < roundingSeconds);
      const repeats = repeatsAtBoundaries(video);
      const got = segments
        .flatMap(([first = 0, ...rest]) => (repeats && !isOwn(first) ? rest : [first, ...rest]))
        .filter((time) => time > begin);
      expect(got.length).toBe(wanted.length);
      const worst = Math.max(
        ...got.map((time, position) => Math.abs(time - offset - (wanted[position] ?? Number.NaN))),
      );
      expect(worst).toBeLessThan(isCopied ? 0.0015 : 0.0005);
    },
    90_000,
  );
});

/** Presentation times of each segment of a rendition, in order. */
async function timesOfSegments(folder: string): Promise<number[][]> {
  const playlist = await Bun.file(join(folder, "playlist.m3u8")).text();
  const segments: number[][] = [];
  let init = "";
  for (const line of playlist.split("\n")) {
    const map = /^#EXT-X-MAP:URI="([^"]+)"/.exec(line)?.[1];
    if (map) init = map;
    if (line === "" || line.startsWith("#")) continue;
    const joined = join(folder, "joined.mp4");
    await Bun.write(
      joined,
      new Blob([await Bun.file(join(folder, init)).bytes(), await Bun.file(join(folder, line)).bytes()]),
    );
    segments.push((await packetTimes(joined)).sort((a, b) => a - b));
  }
  return segments;
}

async function packetTimes(path: string): Promise<number[]> {
  const command = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", path];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  return numbers(await new Response(child.stdout).text());
}

/** The same frames decoded in one pass, on the file's own time line. */
async function timesOfOnePass(source: string): Promise<number[]> {
  const input = ["-copyts", "-start_at_zero", "-i", source, "-map", "0:v:0"];
  const output = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framecrc", "-"];
  const child = Bun.spawn(["ffmpeg", "-nostdin", "-v", "error", ...input, ...output], {
    stdout: "pipe",
    stderr: "ignore",
  });
  const lines = (await new Response(child.stdout).text())
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => Number(line.split(",")[2]) / 90_000).sort((a, b) => a - b);
}

const numbers = (text: string): number[] =>
  text
    .split("\n")
    .map(Number.parseFloat)
    .filter((number) => !Number.isNaN(number));
