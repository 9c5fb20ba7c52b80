/** hls.js in the real Chromium. */
import { chromiumPath, type MediaPage, openMediaPage } from "./media-page.ts";

export { chromiumPath };

export interface Player extends MediaPage {
  /** Asks for the quality of this height, and waits until it is shown. */
  switchTo(height: number): Promise<void>;
  /** Names of the subtitles that a viewer may choose from. */
  subtitles(): Promise<string[]>;
  /** Chooses the subtitles of this name, and waits until their cues are there. */
  showSubtitles(name: string): Promise<PlayerCue[]>;
  /** Shows the key frame of this time in another player beside the video, and answers its height. */
  scrubTo(seconds: number): Promise<number>;
}

export interface PlayerCue {
  startTime: number;
  endTime: number;
  text: string;
}

/** As much of the page as is asked here. */
interface HlsPage {
  hls: {
    subtitleTracks: { name: string }[];
    subtitleTrack: number;
    subtitleDisplay: boolean;
    createIFramePlayer(): { attachMedia(video: HTMLVideoElement): void; loadMediaAt(seconds: number): unknown } | null;
  };
}

const html = `<script type="module">
  import Hls from "/library.js";
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
  const library = new URL(import.meta.resolve("hls.js")).pathname.replace(/hls(\.\w+)*\.m?js$/, "hls.mjs");
  const media = await openMediaPage({ library, html }, masterUrl);
  const { page } = media;
  return {
    ...media,
    switchTo: async (height) => {
      await page.evaluate((wanted) => {
        const { hls } = globalThis as unknown as { hls: { levels: { height: number }[]; nextLevel: number } };
        // Not currentLevel: it empties the buffer that is being played, and Chromium's video stands still after that.
        hls.nextLevel = hls.levels.findIndex((level) => level.height === wanted);
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
    scrubTo: async (seconds) => {
      await page.evaluate((time) => {
        const preview = document.createElement("video");
        preview.id = "preview";
        preview.muted = true;
        document.body.append(preview);
        const iframes = (globalThis as unknown as HlsPage).hls.createIFramePlayer();
        if (!iframes) throw new Error("hls.js found no key frames to scrub by");
        iframes.attachMedia(preview);
        // It takes a wish only while it is idle; who scrubs goes on wishing.
        setInterval(() => preview.readyState === HTMLMediaElement.HAVE_NOTHING && iframes.loadMediaAt(time), 500);
      }, seconds);
      const shown = await page.waitForFunction(() => {
        const preview = document.getElementById("preview") as HTMLVideoElement;
        return preview.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && preview.videoHeight;
      });
      return (await shown.jsonValue()) as number;
    },
  };
}
