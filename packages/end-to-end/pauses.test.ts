/**
 * Pauses longer than a segment, slides, and frames that are missing, in Chromium: hls.js has all of each in one buffered
 * range without a hole and plays to its end, and Shaka Player seeks into a pause.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createWorld, makeNumberedClip, type NumberedClip, until } from "@video-backend/testing";
import { openDashPlayer } from "./dash-player.ts";
import { chromiumPath, openPlayer } from "./player.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const pause = ["setpts='PTS+gte(T,6)*9/TB'"];
const missing = ["select='not(between(n,1,49))*not(between(n,120,170))'"];
const kinds: [string, string, NumberedClip][] = [
  ["a pause", "pause.mkv", { seconds: 10, audioSeconds: 19, filters: pause }],
  ["slides", "slides.mp4", { rate: "1/5", seconds: 15 }],
  ["missing frames", "missing.mp4", { seconds: 10, filters: missing }],
];

describe.skipIf(!chromiumPath)("in Chromium", () => {
  let system: System;
  beforeAll(async () => {
    system = await startSystem();
  }, 60_000);
  afterAll(() => system[Symbol.asyncDispose]());

  test.each(kinds)(
    "%s",
    async (kind, name, clip) => {
      await using world = createWorld();
      const videoId = await uploadFile(system, await makeNumberedClip(world.path(name), clip), 1);
      const isDone = async () => {
        const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
        return ((await response.json()) as { overall: string }).overall === "ok";
      };
      await until("it is transcoded", isDone, 120);
      const end = clip.audioSeconds ?? clip.seconds ?? 0;
      const stream = `${system.url.streaming}/stream/${videoId}`;
      {
        await using player = await openPlayer(`${stream}/master.m3u8`);
        const isBuffered = (seconds: number) => {
          const { buffered } = document.getElementById("video") as HTMLVideoElement;
          return buffered.length > 0 && buffered.end(buffered.length - 1) > seconds;
        };
        await player.page.waitForFunction(isBuffered, end - 0.5, { timeout: 60_000 });
        const ranges = await player.page.evaluate(() => {
          const { buffered } = document.getElementById("video") as HTMLVideoElement;
          return Array.from({ length: buffered.length }, (_, range) => [buffered.start(range), buffered.end(range)]);
        });
        expect(ranges).toHaveLength(1);
        expect(ranges[0]?.[0]).toBeLessThan(0.1);
        await player.seek(end - 1);
        await player.page.waitForFunction(() => (document.getElementById("video") as HTMLVideoElement).ended, null, {
          timeout: 60_000,
        });
        expect(await player.errors()).toEqual([]);
      }
      if (kind !== "a pause") return;
      await using dash = await openDashPlayer(`${stream}/manifest.mpd`);
      await dash.playsPast(0.2);
      await dash.seek(10.5);
      await dash.playsPast(11);
      expect(await dash.errors()).toEqual([]);
    },
    240_000,
  );
});
