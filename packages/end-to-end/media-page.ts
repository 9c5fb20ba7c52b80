/** A page with a video element in the real Chromium, whichever library feeds it. What a test asks of it a viewer would see. */
import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";

/** The browser's path, or null where there is none; tests of playback are skipped then. */
export const chromiumPath: string | null =
  [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  ) ?? null;

export interface MediaPage extends AsyncDisposable {
  page: Page;
  /** Seconds into the video. */
  currentTime(): Promise<number>;
  /** What went wrong so far, as the library and the media element tell it. */
  errors(): Promise<string[]>;
  seek(seconds: number): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Waits until the video has moved past this time. */
  playsPast(seconds: number): Promise<void>;
  /** Height of the video that is shown now. */
  videoHeight(): Promise<number>;
  /** Text that is shown over the video now. */
  captions(): Promise<string[]>;
}

export interface PageScript {
  /** Absolute path of the library; the page has it at `/library.js`. */
  library: string;
  /**
   * Elements that load it and play the address in the page's query `src` in the element `video`. They keep what goes wrong
   * in the global `errors`.
   */
  html: string;
}

/** Opens the page on this stream. */
export async function openMediaPage({ library, html }: PageScript, streamUrl: string): Promise<MediaPage> {
  if (!chromiumPath) throw new Error("There is no Chromium here");
  const head = `<!doctype html><title>player</title><video id="video" muted playsinline controls width="640"></video>`;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new URL(url).pathname === "/library.js"
        ? new Response(Bun.file(library), { headers: { "content-type": "text/javascript" } })
        : new Response(head + html, { headers: { "content-type": "text/html" } }),
  });
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", ...quiet],
  });
  const page = await browser.newPage();
  await page.goto(`${server.url}?src=${encodeURIComponent(streamUrl)}`);
  const video = page.locator("#video");
  return {
    page,
    currentTime: () => video.evaluate((element) => (element as HTMLVideoElement).currentTime),
    errors: () => page.evaluate(() => (globalThis as unknown as { errors: string[] }).errors),
    seek: (seconds) =>
      video.evaluate((element, time) => {
        (element as HTMLVideoElement).currentTime = time;
      }, seconds),
    pause: () => video.evaluate((element) => (element as HTMLVideoElement).pause()),
    resume: () => video.evaluate((element) => (element as HTMLVideoElement).play()),
    playsPast: async (seconds) => {
      const isPast = (time: number) => (document.getElementById("video") as HTMLVideoElement).currentTime > time;
      await page.waitForFunction(isPast, seconds, { timeout: 30_000 });
    },
    videoHeight: () => video.evaluate((element) => (element as HTMLVideoElement).videoHeight),
    captions: () =>
      video.evaluate((element) => {
        const { textTracks } = element as HTMLVideoElement;
        const shown = [...textTracks].filter((track) => track.mode === "showing");
        return shown.flatMap((track) => [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text));
      }),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.stop(true);
    },
  };
}
