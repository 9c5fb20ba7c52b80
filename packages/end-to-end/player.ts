/** A page with hls.js in the real Chromium. What a test asks of it is what a viewer would see. */
import { existsSync } from "node:fs";
import { chromium, type Page } from "playwright-core";

/** The browser's path, or null where there is none; tests of playback are skipped then. */
export const chromiumPath: string | null =
  [process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  ) ?? null;

export interface Player extends AsyncDisposable {
  page: Page;
  /** Seconds into the video. */
  currentTime(): Promise<number>;
  /** What went wrong so far, as hls.js and the media element tell it. */
  errors(): Promise<string[]>;
  seek(seconds: number): Promise<void>;
  /** Waits until the picture has moved past this time. */
  playsPast(seconds: number): Promise<void>;
  /** Height of the picture that is shown now. */
  pictureHeight(): Promise<number>;
  /** Asks for the quality of this height, and waits until it is shown. */
  switchTo(height: number): Promise<void>;
  /** Names of the subtitles that a viewer may choose from. */
  subtitles(): Promise<string[]>;
  /** Chooses the subtitles of this name, and waits until their cues are there. */
  showSubtitles(name: string): Promise<PlayerCue[]>;
  /** Text that is shown over the picture now. */
  captions(): Promise<string[]>;
}

export interface PlayerCue {
  startTime: number;
  endTime: number;
  text: string;
}

/** As much of the page as is asked here. */
interface HlsPage {
  hls: { subtitleTracks: { name: string }[]; subtitleTrack: number; subtitleDisplay: boolean };
}

const pageText = `<!doctype html><title>player</title><video id="video" muted playsinline controls width="640"></video>
<script type="module">
  import Hls from "/hls.mjs";
  const video = document.getElementById("video");
  window.errors = [];
  const hls = (window.hls = new Hls({ workerPath: null, enableWorker: false }));
  // A seek gives up on what was being loaded; that is no error.
  hls.on(Hls.Events.ERROR, (_, data) => data.details === "aborted" || window.errors.push(data.type + " " + data.details + (data.fatal ? " fatal" : "")));
  video.addEventListener("error", () => window.errors.push("media " + video.error?.message));
  hls.loadSource(new URL(location.href).searchParams.get("src"));
  hls.attachMedia(video);
  video.play();
</script>`;

/** Opens the stream and begins to play it. */
export async function openPlayer(masterUrl: string): Promise<Player> {
  if (!chromiumPath) throw new Error("There is no Chromium here");
  const library = Bun.file(new URL(import.meta.resolve("hls.js")).pathname.replace(/hls(\.\w+)*\.m?js$/, "hls.mjs"));
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new URL(url).pathname === "/hls.mjs"
        ? new Response(library, { headers: { "content-type": "text/javascript" } })
        : new Response(pageText, { headers: { "content-type": "text/html" } }),
  });
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required", ...quiet],
  });
  const page = await browser.newPage();
  await page.goto(`${server.url}?src=${encodeURIComponent(masterUrl)}`);
  const video = page.locator("#video");
  return {
    page,
    currentTime: () => video.evaluate((element) => (element as HTMLVideoElement).currentTime),
    errors: () => page.evaluate(() => (globalThis as unknown as { errors: string[] }).errors),
    seek: (seconds) =>
      video.evaluate((element, time) => {
        (element as HTMLVideoElement).currentTime = time;
      }, seconds),
    playsPast: async (seconds) => {
      const isPast = (time: number) => (document.getElementById("video") as HTMLVideoElement).currentTime > time;
      await page.waitForFunction(isPast, seconds, { timeout: 30_000 });
    },
    pictureHeight: () => video.evaluate((element) => (element as HTMLVideoElement).videoHeight),
    switchTo: async (height) => {
      await page.evaluate((wanted) => {
        const { hls } = globalThis as unknown as { hls: { levels: { height: number }[]; currentLevel: number } };
        hls.currentLevel = hls.levels.findIndex((level) => level.height === wanted);
      }, height);
      const isShown = (wanted: number) => (document.getElementById("video") as HTMLVideoElement).videoHeight === wanted;
      await page.waitForFunction(isShown, height, { timeout: 30_000 });
    },
    subtitles: () =>
      page.evaluate(() => (globalThis as unknown as HlsPage).hls.subtitleTracks.map((track) => track.name)),
    showSubtitles: async (name) => {
      await page.evaluate((wanted) => {
        const { hls } = globalThis as unknown as HlsPage;
        hls.subtitleDisplay = true;
        hls.subtitleTrack = hls.subtitleTracks.findIndex((track) => track.name === wanted);
      }, name);
      const cues = await page.waitForFunction(() => {
        const { textTracks } = document.getElementById("video") as HTMLVideoElement;
        const shown = [...textTracks].find((track) => track.mode === "showing");
        const found = [...(shown?.cues ?? [])] as VTTCue[];
        return found.length > 0 && found.map(({ startTime, endTime, text }) => ({ startTime, endTime, text }));
      });
      return (await cues.jsonValue()) as PlayerCue[];
    },
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
