/** Real playback: hls.js and Shaka Player in Chromium against the running system. */
import { expect, test } from "bun:test";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { openDashPlayer } from "./dash-player.ts";
import { chromiumPath, openPlayer } from "./player.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

async function statusOf(system: System, videoId: string) {
  const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
  return (await response.json()) as { overall: string; playable: boolean };
}

test.skipIf(!chromiumPath)(
  "a one-minute video plays and seeks while it is still encoded; then it plays whole, seeks and changes quality",
  async () => {
    await using world = createWorld();
    await using system = await startSystem();
    const file = await makeClip(world.path("minute.ts"), { seconds: 62, width: 1280, height: 720 });
    const videoId = await uploadFile(system, file, 3);
    const master = `${system.url.streaming}/stream/${videoId}/master.m3u8`;
    await until("the master is there", async () => (await fetch(master)).status === 200);
    {
      await using early = await openPlayer(master);
      await early.playsPast(1);
      // Far ahead of the encoder: what is not made yet is made now.
      await early.seek(50);
      await early.playsPast(51);
      expect((await statusOf(system, videoId)).overall).toBe("running");
    }
    const manifest = `${system.url.streaming}/stream/${videoId}/manifest.mpd`;
    {
      await using early = await openDashPlayer(manifest);
      await early.playsPast(1);
      await early.seek(30);
      await early.playsPast(31);
      expect(await early.errors()).toEqual([]);
    }

    await until("it is done", async () => (await statusOf(system, videoId)).overall === "ok", 300);
    await using player = await openPlayer(master);
    await player.playsPast(1);
    await player.seek(45);
    await player.playsPast(46);
    await player.seek(10);
    expect(await player.currentTime()).toBeLessThan(20);
    await player.switchTo(720);
    await player.playsPast(11);
    await player.switchTo(360);
    await player.seek(60);
    await player.playsPast(61);
    expect(await player.scrubTo(30)).toBeGreaterThanOrEqual(360);
    expect(await player.errors()).toEqual([]);

    await until("the storyboard is listed", async () => (await (await fetch(manifest)).text()).includes('"image"'));
    await using dash = await openDashPlayer(manifest);
    await dash.playsPast(1);
    expect((await dash.tracks()).heights).toEqual([360, 480, 720]);
    const decoded = await dash.decoded();
    expect(decoded.video).toBeGreaterThan(10_000);
    expect(decoded.audio).toBeGreaterThan(1000);
    await dash.seek(45);
    await dash.playsPast(46);
    const tile = await dash.thumbnail(51);
    expect(tile).toMatchObject({ x: 0, y: 0, startSeconds: 50 });
    expect(tile.uri).toEndWith(`/stream/${videoId}/storyboard/sheet-001.jpg`);
    expect((await fetch(tile.uri)).headers.get("content-type")).toBe("image/jpeg");
    await dash.seek(59);
    await dash.ends();
    expect(await dash.currentTime()).toBeGreaterThan(59.9);
    expect(await dash.errors()).toEqual([]);
  },
  600_000,
);
