/**
 * A recording with one key frame in 400 s, as the watch page plays it: a seek far ahead of the encoder comes to a video in
 * bounded time and plays on, from one decode of the way there.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createWorld, makeClip, until, type World } from "@video-backend/testing";
import type { Browser } from "playwright-core";
import { chromiumPath } from "./player.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";
import { openWatchPage, startBrowser } from "./watch-page.ts";

const oneKeyFrame = ["-crf", "35", "-g", "100000", "-keyint_min", "100000", "-sc_threshold", "0"];
const boundSeconds = 150;

let world: World;
let system: System;
let browser: Browser;

beforeAll(async () => {
  if (!chromiumPath) return;
  world = createWorld();
  system = await startSystem();
  browser = await startBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await system?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

interface DemandedAttempt {
  demanded: boolean;
  renditions: string[];
  first_segment: number;
  segment_count: number;
}

test.skipIf(!chromiumPath)(
  "a seek far from the only key frame plays in bounded time, and plays on",
  async () => {
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 400, extra: oneKeyFrame });
    const videoId = await uploadFile(system, clip, 1);
    const ask = async (path: string) => (await fetch(`${system.url.transcoding}/transcode/${path}`)).json();
    await until(
      "it can be played",
      async () => ((await ask(`status/${videoId}`)) as { playable: boolean }).playable,
      60,
    );
    await using watch = await openWatchPage(browser, `${system.url.streaming}/watch/${videoId}`);
    await watch.page.getByRole("button", { name: "play" }).first().click();
    await watch.playsPast(0.2);
    const video = watch.page.locator("video");
    await video.evaluate((element) => Object.assign(element, { currentTime: 350 }));
    const isPast = (seconds: number) => () =>
      video.evaluate((element, time) => (element as HTMLVideoElement).currentTime > time, seconds);
    await until("it plays there", isPast(350.5), boundSeconds);
    await until("it plays on", isPast(372), boundSeconds);
    const known = /^404 storyboard\.vtt$|^503 segment-\d+\.m4s$/;
    expect(watch.complaints.filter((complaint) => !known.test(complaint))).toEqual([]);
    const far = async () => {
      const { attempts } = (await ask(`${videoId}/attempts?limit=1000`)) as { attempts: DemandedAttempt[] };
      return attempts.filter((one) => one.demanded && one.renditions.includes("360p") && one.first_segment > 80);
    };
    await until("its attempt has ended", async () => (await far()).length > 0, boundSeconds);
    // From the demanded segment to the end.
    expect((await far()).map(({ first_segment, segment_count }) => first_segment + segment_count)).toEqual([102]);
  },
  600_000,
);
