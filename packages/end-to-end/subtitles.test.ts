/** Subtitles as a viewer sees them: hls.js and Shaka Player in Chromium against the running system. */
import { expect, test } from "bun:test";
import { addSubtitles, createWorld, makeClip, until } from "@video-backend/testing";
import { openDashPlayer } from "./dash-player.ts";
import { chromiumPath, openPlayer } from "./player.ts";
import { startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const cue = (text: string) => `1\n00:00:02,000 --> 00:00:03,000\n${text}\n`;

test.skipIf(!chromiumPath)(
  "subtitles of the source and those given later are listed, and their cues show in step with the video",
  async () => {
    await using world = createWorld();
    await using system = await startSystem();
    const plain = await makeClip(world.path("plain.mkv"), { seconds: 6, width: 320, height: 180 });
    const english = { text: cue("Hello <i>you</i>"), codec: "subrip", language: "eng" };
    // As a recording that was cut out of a longer one.
    const file = await addSubtitles(plain, world.path("clip.mkv"), [english], 2355);
    const videoId = await uploadFile(system, file);
    const status = async () => {
      const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
      return (await response.json()) as { overall: string; subtitles: { name: string }[] };
    };
    await until("it is done", async () => (await status()).overall === "ok", 60);
    const captions = `${system.url.admin}/videos/${videoId}/captions/de`;
    const saved = await fetch(captions, { method: "PUT", body: cue("Hallo") });
    expect(saved.status).toBe(200);
    await until("the captions are published", async () => (await status()).subtitles.length === 2);

    await using player = await openPlayer(`${system.url.streaming}/stream/${videoId}/master.m3u8`);
    await player.playsPast(0.1);
    expect(await player.subtitles()).toEqual(["German", "English"]);
    for (const [name, text] of [
      ["English", "Hello <i>you</i>"],
      ["German", "Hallo"],
    ] as const) {
      const cues = await player.showSubtitles(name);
      expect(cues.map((one) => one.text)).toEqual([text]);
      expect(cues[0]?.startTime).toBeCloseTo(2, 1);
      expect(cues[0]?.endTime).toBeCloseTo(3, 1);
      await player.pause();
      await player.seek(2.5);
      await until(`${name} shows its cue`, async () => (await player.captions()).join() === text);
      await player.seek(1.5);
      await until(`${name} shows nothing before`, async () => (await player.captions()).length === 0);
    }
    expect(await player.errors()).toEqual([]);

    await using dash = await openDashPlayer(`${system.url.streaming}/stream/${videoId}/manifest.mpd`);
    await dash.playsPast(0.1);
    expect((await dash.tracks()).subtitles).toEqual(["German", "English"]);
    await dash.pause();
    for (const [name, text] of [
      ["English", "Hello <i>you</i>"],
      ["German", "Hallo"],
    ] as const) {
      await dash.showSubtitles(name);
      await dash.seek(2.5);
      await until(`${name} shows its cue`, async () => (await dash.captions()).join() === text);
      await dash.seek(1.5);
      await until(`${name} shows nothing before`, async () => (await dash.captions()).length === 0);
    }
    expect(await dash.errors()).toEqual([]);
    expect((await fetch(captions, { method: "DELETE" })).status).toBe(200);
    await until("the captions are gone", async () => (await status()).subtitles.length === 1);
  },
  120_000,
);
