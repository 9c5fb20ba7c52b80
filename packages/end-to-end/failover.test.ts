/** An encoder that fails in the middle of a video: Chromium plays and seeks across the change. */
import { expect, test } from "bun:test";
import { type Encoder, libx264, type Run, run } from "@video-backend/media";
import { createTestStreaming } from "@video-backend/streaming/testing";
import { createWorld, until } from "@video-backend/testing";
import { createTestTranscoding, placeOriginal } from "@video-backend/transcoding/testing";
import { openDashPlayer } from "./dash-player.ts";
import { chromiumPath, openPlayer } from "./player.ts";

/** libx264 under another name and with other settings, so that its parameter sets differ from the next one's. */
const posing: Encoder = {
  ...libx264,
  name: "posing",
  codec: (rung, settings) => [...libx264.codec(rung, settings), "-bf", "0", "-refs", "2"],
};

/** The encoder fails from its n-th chunk on. */
function failingFrom(n: number): Run {
  let chunks = 0;
  return async (command, args, options) => {
    if (args.includes("-refs") && ++chunks >= n)
      return { exitCode: 1, signalName: null, timedOut: false, errors: "device lost" };
    return run(command, args, options);
  };
}

test.skipIf(!chromiumPath)(
  "a video whose encoder failed in the middle plays and seeks across the change",
  async () => {
    await using world = createWorld();
    const options = { encoders: [posing, libx264], run: failingFrom(3), segmentSeconds: 2 };
    const { service, deps, metadata } = await createTestTranscoding(world, options);
    await placeOriginal(world, metadata, "a", { seconds: 24, width: 640, height: 360 });
    const { service: streaming } = createTestStreaming(world, metadata.client, undefined, world.directory);
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => streaming.fetch(request) });
    world.defer(() => server.stop(true));
    const cues = ["03", "21"].map((second) => `00:00:${second}.000 --> 00:00:${second}.900\nat ${second} s`);
    const captions = ["WEBVTT", ...cues].join("\n\n");
    await metadata.service.request("/videos/a/captions/en", { method: "PUT", body: captions });
    await service.request("/transcode/start", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ upload_id: "a", filename: "clip.mp4" }),
    });
    await until("it is done", async () => (await deps.jobs.find("a"))?.state === "ok");
    const made = (await deps.ledger.list("a")).filter((segment) => segment.rendition === "360p");
    const change = made.findIndex((segment) => segment.encoder === "libx264") * 2;
    expect(change).toBeGreaterThan(2);
    expect(change).toBeLessThan(22);

    await using player = await openPlayer(`${server.url}stream/a/master.m3u8`);
    await player.seek(change - 1);
    await player.playsPast(change + 1);
    await player.seek(0.5);
    await player.playsPast(1);
    await player.seek(change + 1);
    await player.playsPast(change + 2);
    await player.seek(22);
    await player.playsPast(23);
    expect(await player.errors()).toEqual([]);

    const manifestUrl = `${server.url}stream/a/manifest.mpd`;
    const manifest = await (await fetch(manifestUrl)).text();
    expect(manifest.match(/<Period /g)).toHaveLength(2);
    await using dash = await openDashPlayer(manifestUrl);
    await dash.playsPast(0.5);
    await dash.showSubtitles("English");
    await dash.pause();
    await dash.seek(3.5);
    await until("the cue before the change shows", async () => (await dash.captions()).join() === "at 03 s");
    await dash.resume();
    await dash.seek(change - 1);
    await dash.playsPast(change + 1);
    await dash.seek(0.5);
    await dash.playsPast(1);
    await dash.seek(change + 1);
    await dash.playsPast(change + 2);
    await dash.pause();
    await dash.seek(21.5);
    await until("the cue behind the change shows", async () => (await dash.captions()).join() === "at 21 s");
    await dash.resume();
    await dash.ends();
    expect(await dash.errors()).toEqual([]);
  },
  120_000,
);
