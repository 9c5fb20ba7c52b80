/** The watch page against the running system, from before a video can be played to the end. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { addSubtitles, createWorld, makeClip, until, type World } from "@video-backend/testing";
import type { Browser } from "playwright-core";
import { chromiumPath } from "./player.ts";
import { type System, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";
import { openWatchPage, phone, startBrowser } from "./watch-page.ts";

const title = `"Tests" & <i>videos</i>`;
const cue = `1\n00:00:01,000 --> 00:00:39,000\nHello you\n`;

let world: World;
let system: System;
let browser: Browser;
let videoId: string;

/** The video is uploaded, and nobody is there to encode it. */
beforeAll(async () => {
  if (!chromiumPath) return;
  world = createWorld();
  system = await startSystem();
  browser = await startBrowser();
  const twoTracks = ["-map", "0:v", "-map", "1:a", "-map", "1:a"];
  const languages = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"];
  const clip = { seconds: 40, width: 854, height: 480, extra: [...twoTracks, ...languages] };
  const plain = await makeClip(world.path("plain.mkv"), clip);
  const file = await addSubtitles(plain, world.path("clip.mkv"), [{ text: cue, codec: "subrip", language: "eng" }]);
  await system.kill("transcoding");
  videoId = await uploadFile(system, file);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await system?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

const address = (query = "") => `${system.url.streaming}/watch/${videoId}${query}`;

async function isDone(): Promise<boolean> {
  const response = await fetch(`${system.url.transcoding}/transcode/status/${videoId}`);
  return response.ok && ((await response.json()) as { overall: string }).overall === "ok";
}

test.skipIf(!chromiumPath)(
  "opened before there is anything to play, the page says so, then plays and seeks while the video is encoded",
  async () => {
    await using early = await openWatchPage(browser, address());
    await early.page.getByText("This video is not ready yet").waitFor();
    await system.start("transcoding");
    await early.page.getByText("This video is not ready yet").waitFor({ state: "hidden" });
    await early.page.getByRole("button", { name: "play" }).first().click();
    await early.playsPast(0.5);
    // Far ahead of the encoder: what is not made yet is made now.
    await early.page.locator("video").evaluate((video) => Object.assign(video, { currentTime: 35 }));
    await early.playsPast(35.5);
    expect(await isDone()).toBe(false);
    const known = /^404 (master\.m3u8|storyboard\.vtt)$|^503 segment-\d+\.m4s$/;
    expect(early.complaints.filter((complaint) => !known.test(complaint))).toEqual([]);
  },
  120_000,
);

test.skipIf(!chromiumPath)(
  "a finished video has its title, poster, qualities, subtitles, audio, speed, preview and keys, and no complaint",
  async () => {
    await until("it is done", isDone, 120);
    await until("the storyboard is there", async () => {
      return (await fetch(`${system.url.streaming}/stream/${videoId}/storyboard/storyboard.vtt`)).ok;
    });
    const renamed = await fetch(`${system.url.metadata}/videos/${videoId}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ title, description: "What it is about." }),
    });
    expect(renamed.status).toBe(200);

    await using watching = await openWatchPage(browser, address());
    const { page } = watching;
    await page.locator(".poster").waitFor({ state: "visible" });
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(title);
    expect(await page.title()).toBe(title);
    await watching.mediaIs("readyState", 4);
    expect(await watching.layoutShift()).toBe(0);
    expect(await watching.barriers()).toEqual([]);

    // Keys work anywhere on the page.
    await page.keyboard.press("Space");
    await watching.playsPast(0.5);
    expect(await page.locator(".poster").isVisible()).toBe(false);
    await page.keyboard.press("Space");
    await watching.mediaIs("paused", true);
    const before = await watching.media("currentTime");
    await page.keyboard.press("ArrowRight");
    await watching.standsAt(before + 5);
    await page.keyboard.press("ArrowLeft");
    await watching.standsAt(before);
    await page.keyboard.press("m");
    await watching.mediaIs("muted", true);
    await page.keyboard.press("f");
    await page.locator("media-controller[mediaisfullscreen]").waitFor();
    expect(await page.evaluate(() => document.fullscreenElement?.localName)).toBe("video-backend-player");
    await page.keyboard.press("f");
    await page.waitForFunction(() => document.fullscreenElement === null);
    await page.keyboard.press("Space");
    await watching.playsPast(1.5);
    await page.keyboard.press("c");
    await until("a caption is shown", async () => (await watching.captions()).join() === "Hello you");
    await page.keyboard.press("c");
    await until("no caption is shown", async () => (await watching.captions()).length === 0);

    // Menus.
    expect(await watching.choices("Quality")).toEqual(["480p", "360p", expect.stringMatching(/^Auto/)]);
    await watching.choose("Quality", "360p");
    await watching.mediaIs("videoHeight", 360);
    await watching.choose("Quality", "480p");
    await watching.mediaIs("videoHeight", 480);
    await watching.choose("Subtitles", "English");
    await until("a caption is shown", async () => (await watching.captions()).join() === "Hello you");
    expect(await watching.choices("Audio")).toEqual(["English", "German"]);
    await watching.choose("Audio", "German");
    const sounded = await watching.media("currentTime");
    await watching.playsPast(sounded + 0.5);
    await watching.choose("Speed", "1.5");
    await watching.mediaIs("playbackRate", 1.5);

    // The image of the storyboard over the seek bar.
    const bar = await page.locator("media-time-range").boundingBox();
    if (!bar) throw new Error("There is no seek bar");
    await page.mouse.move(bar.x + bar.width / 2, bar.y + bar.height / 2);
    const preview = page.locator("media-preview-thumbnail");
    await preview.waitFor({ state: "visible" });
    expect(await preview.locator("img").getAttribute("src")).toContain("/storyboard/sheet-0");
    await page.locator("media-preview-time-display").getByText("0:20").waitFor();

    expect(watching.complaints).toEqual([]);
  },
  180_000,
);

test.skipIf(!chromiumPath)(
  "another quality shows at once in a video that is paused, and the video moves on where its segments come late",
  async () => {
    await using watching = await openWatchPage(browser, address("?muted=1"));
    const { page } = watching;
    const video = page.locator("video");
    await watching.choose("Quality", "360p");
    await video.evaluate((element) => (element as HTMLVideoElement).play());
    await watching.playsPast(2);
    await video.evaluate((element) => (element as HTMLVideoElement).pause());
    const pausedAt = await watching.media("currentTime");
    await watching.choose("Quality", "480p");
    await watching.mediaIs("videoHeight", 480);
    expect(await watching.media("paused")).toBe(true);
    // Chromium rounds a seek to its own unit of time, a microsecond.
    expect(await watching.media("currentTime")).toBeCloseTo(pausedAt, 3);
    await watching.choose("Quality", "360p");
    await watching.mediaIs("videoHeight", 360);

    const late = Promise.withResolvers<void>();
    await page.route("**/480p/segment-*", async (route) => {
      await late.promise;
      await route.continue();
    });
    const firstLargeFrame = video.evaluate(
      (element) =>
        new Promise<number>((resolve) => {
          const look = (_: number, { height, mediaTime }: VideoFrameCallbackMetadata) =>
            height === 480 ? resolve(mediaTime) : watch();
          const watch = () => (element as HTMLVideoElement).requestVideoFrameCallback(look);
          watch();
        }),
    );
    const bufferedEnd = () => video.evaluate((element) => (element as HTMLVideoElement).buffered.end(0));
    await until("all is buffered", async () => (await bufferedEnd()) > 39);
    await video.evaluate((element) => (element as HTMLVideoElement).play());
    await watching.choose("Quality", "480p");
    // The old quality is dropped from within a segment on, and plays into that one before the new quality is there.
    const oldEnd = await until("the old quality is dropped", async () => {
      const end = await bufferedEnd();
      return end < 39 && end;
    });
    const segmentStart = Math.floor(oldEnd / 4) * 4;
    await watching.playsPast(segmentStart + 0.2);
    late.resolve();
    expect(await firstLargeFrame).toBeGreaterThan(segmentStart);
    expect(await firstLargeFrame).toBeLessThan(segmentStart + 3.9);
  },
  120_000,
);

test.skipIf(!chromiumPath)(
  "on a phone nothing is wider than the screen, a tap plays, and the start and the audio are as the address says",
  async () => {
    await using watching = await openWatchPage(browser, address("?t=10&muted=1"), phone);
    const { page } = watching;
    await page.getByRole("button", { name: "play" }).first().tap();
    await watching.playsPast(10.5);
    expect(await watching.media("muted")).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect(await watching.barriers()).toEqual([]);
    expect(await watching.layoutShift()).toBe(0);
    expect(watching.complaints).toEqual([]);
  },
  60_000,
);

test.skipIf(!chromiumPath)(
  "while the service is away the page says so, and plays on when it is back",
  async () => {
    await using watching = await openWatchPage(browser, address("?muted=1"));
    await watching.mediaIs("readyState", 4);
    await system.kill("streaming");
    await watching.page.keyboard.press("Space");
    const sentence = watching.page.getByText("The server does not answer. Trying again…");
    await sentence.waitFor();
    await system.start("streaming");
    await sentence.waitFor({ state: "hidden" });
    const reached = await watching.media("currentTime");
    await watching.playsPast(reached + 0.5);
  },
  60_000,
);

test.skipIf(!chromiumPath)(
  "a part that takes long to make is waited for, with the time that the service tells, though its audio is there",
  async () => {
    await using watching = await openWatchPage(browser, address("?muted=1"));
    const { page } = watching;
    await watching.mediaIs("readyState", 4);
    await page.route("**/{360p,480p}/segment-*", (route) =>
      route.fulfill({ status: 503, headers: { "Retry-After": "42" }, body: "" }),
    );
    const heard = page.waitForResponse((answer) => /audio\/segment-0000[5-9]/.test(answer.url()) && answer.ok());
    await page.locator("video").evaluate((video) => Object.assign(video, { currentTime: 30 }));
    const sentence = page.getByText("This part of the video is being made. It takes about 42 seconds.");
    await Promise.all([sentence.waitFor(), heard]);
    await page.waitForRequest("**/{360p,480p}/segment-*");
    expect(await sentence.isVisible()).toBe(true);
    await page.unrouteAll();
    await sentence.waitFor({ state: "hidden" });
    await page.keyboard.press("Space");
    await watching.playsPast(30.5);
  },
  60_000,
);

test.skipIf(!chromiumPath)(
  "another site's page that asks how to embed a video gets a frame that the video fills and plays in",
  async () => {
    const oembed = `${system.url.streaming}/oembed?${new URLSearchParams({ url: address(), maxwidth: "480" })}`;
    const { html, width, height } = (await (await fetch(oembed)).json()) as Record<string, unknown>;
    expect({ width, height }).toEqual({ width: 480, height: 270 });
    const host = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () =>
        new Response(`<!doctype html><title>host</title>${html}`, { headers: { "content-type": "text/html" } }),
    });
    world.defer(() => host.stop(true));

    await using hosting = await openWatchPage(browser, host.url.href);
    const frame = hosting.page.frameLocator("iframe");
    await frame.getByRole("button", { name: "play" }).first().click();
    const time = () => frame.locator("video").evaluate((video) => (video as HTMLVideoElement).currentTime);
    await until("it plays", async () => (await time()) > 0.5);
    expect(
      await frame.locator("video-backend-player").evaluate((player) => [player.clientWidth, player.clientHeight]),
    ).toEqual([480, 270]);
    expect(await frame.locator(".title").textContent()).toBe(title);
    expect(hosting.complaints.filter((complaint) => !complaint.includes("favicon"))).toEqual([]);
  },
  60_000,
);
