/** What other readers than browsers make of the manifest and of the key frames: ffmpeg, over HTTP. */
import { expect, test } from "bun:test";
import { createTestStreaming } from "@video-backend/streaming/testing";
import { createWorld, until } from "@video-backend/testing";
import { createTestTranscoding, placeOriginal } from "@video-backend/transcoding/testing";
import { attributesOf } from "./inspect-stream.ts";

async function setup() {
  const world = createWorld();
  const { service, deps, metadata } = await createTestTranscoding(world, { segmentSeconds: 2 });
  await placeOriginal(world, metadata, "a", { seconds: 6, width: 854, height: 480 });
  const { service: streaming } = createTestStreaming(world, metadata.client, undefined, world.directory);
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => streaming.fetch(request) });
  world.defer(() => server.stop(true));
  await service.request("/transcode/start", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ upload_id: "a", filename: "clip.mp4" }),
  });
  await until("it is done", async () => (await deps.jobs.find("a"))?.state === "ok");
  return { world, url: new URL("stream/a/", server.url), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** Lines of stdout; fails where there is one of stderr. */
async function linesOf(...command: string[]): Promise<string[]> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: 60_000 });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

/** Checksums of the frames of this file, decoded. */
async function framesOf(path: string, more: string[] = []): Promise<string[]> {
  // What a key frame's range leaves out of its segment is no fault here: the frame itself is checked by its sum.
  const command = ["ffmpeg", "-nostdin", "-v", "fatal", "-i", path, ...more, "-map", "0:v", "-f", "framemd5", "-"];
  const lines = await linesOf(...command);
  return lines.filter((line) => !line.startsWith("#")).map((line) => line.split(",").at(-1)?.trim() ?? "");
}

test("ffmpeg reads the manifest whole, and the range of each key frame as one frame: the first of its segment", async () => {
  await using made = await setup();
  const entries = "format=format_name,duration:stream=codec_type,width,height,nb_read_packets";
  const probing = ["-v", "error", "-count_packets", "-show_entries", entries, "-of", "json"];
  const probed = JSON.parse((await linesOf("ffprobe", ...probing, new URL("manifest.mpd", made.url).href)).join(""));
  expect(probed.format.format_name).toBe("dash");
  expect(Number(probed.format.duration)).toBeCloseTo(6, 0);
  expect(probed.streams).toMatchObject([
    { codec_type: "video", width: 640, height: 360, nb_read_packets: "150" },
    { codec_type: "video", width: 854, height: 480, nb_read_packets: "150" },
    { codec_type: "audio" },
  ]);
  expect(Number(probed.streams[2].nb_read_packets)).toBeGreaterThan(6 * 46);

  const master = await (await fetch(new URL("master.m3u8", made.url))).text();
  const lists = master.split("\n").filter((line) => line.startsWith("#EXT-X-I-FRAME-STREAM-INF:"));
  expect(lists.map((line) => attributesOf(line).RESOLUTION)).toEqual(["640x360", "854x480"]);
  const path = made.world.path("frame.mp4");
  for (const line of lists) {
    const playlistUrl = new URL(attributesOf(line).URI ?? "", made.url);
    const playlist = (await (await fetch(playlistUrl)).text()).split("\n");
    expect(playlist).toContain("#EXT-X-I-FRAMES-ONLY");
    const names = playlist.filter((entry) => entry.endsWith(".m4s"));
    expect(names).toHaveLength(4);
    const init = playlist.map((entry) => attributesOf(entry).URI).find((uri) => uri !== undefined) ?? "";
    const initBytes = await (await fetch(new URL(init, playlistUrl))).arrayBuffer();
    for (const name of names) {
      const bytes = Number(/^#EXT-X-BYTERANGE:(\d+)@0$/.exec(playlist[playlist.indexOf(name) - 1] ?? "")?.[1]);
      const segmentUrl = new URL(name, playlistUrl);
      const part = await fetch(segmentUrl, { headers: { range: `bytes=0-${bytes - 1}` } });
      expect(part.status).toBe(206);
      await Bun.write(path, new Blob([initBytes, await part.arrayBuffer()]));
      const frames = await framesOf(path);
      await Bun.write(path, new Blob([initBytes, await (await fetch(segmentUrl)).arrayBuffer()]));
      expect(frames).toEqual(await framesOf(path, ["-frames:v", "1"]));
    }
  }
}, 60_000);
