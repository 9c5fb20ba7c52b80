/** Shaka Player in the real Chromium, with no more of it than DASH. */
import { type MediaPage, openMediaPage } from "./media-page.ts";

export interface DashPlayer extends MediaPage {
  /** What a viewer may choose from, in the manifest's order. */
  tracks(): Promise<{ heights: number[]; audios: string[]; subtitles: string[] }>;
  /** Chooses the subtitles of this name. */
  showSubtitles(name: string): Promise<void>;
  /** Where the small image for this time lies. */
  thumbnail(seconds: number): Promise<{ uri: string; x: number; y: number; startSeconds: number }>;
  /** Bytes of video and of audio that were decoded so far. */
  decoded(): Promise<{ video: number; audio: number }>;
  /** Waits until the video has ended by itself. */
  ends(): Promise<void>;
}

interface Track {
  id: number;
  label: string | null;
  height: number;
}

/** As much of the page as is asked here. */
interface ShakaPage {
  player: {
    getVariantTracks(): Track[];
    getAudioTracks(): Track[];
    getTextTracks(): Track[];
    selectTextTrack(track: Track | undefined): void;
    getThumbnails(
      trackId: null,
      seconds: number,
    ): Promise<{ uris: string[]; positionX: number; positionY: number; startTime: number } | null>;
  };
}

const html = `<script src="/library.js"></script><script>
  window.errors = [];
  const tell = (error) => window.errors.push("shaka " + error.code + " " + JSON.stringify(error.data ?? error.message));
  const video = document.getElementById("video");
  video.addEventListener("error", () => window.errors.push("media " + video.error?.message));
  const player = (window.player = new shaka.Player());
  player.addEventListener("error", (event) => tell(event.detail));
  player
    .attach(video)
    .then(() => player.load(new URL(location.href).searchParams.get("src")))
    .then(() => video.play())
    .catch(tell);
</script>`;

/** Opens the manifest and begins to play it. */
export async function openDashPlayer(manifestUrl: string): Promise<DashPlayer> {
  const library = new URL(import.meta.resolve("shaka-player/dist/shaka-player.dash.js")).pathname;
  const media = await openMediaPage({ library, html }, manifestUrl);
  const { page } = media;
  return {
    ...media,
    tracks: () =>
      page.evaluate(() => {
        const { player } = globalThis as unknown as ShakaPage;
        const labels = (tracks: Track[]) => [...new Set(tracks.map((track) => track.label ?? ""))];
        return {
          heights: [...new Set(player.getVariantTracks().map((track) => track.height))],
          audios: labels(player.getAudioTracks()),
          subtitles: labels(player.getTextTracks()),
        };
      }),
    showSubtitles: (name) =>
      page.evaluate((wanted) => {
        const { player } = globalThis as unknown as ShakaPage;
        player.selectTextTrack(player.getTextTracks().find((track) => track.label === wanted));
      }, name),
    thumbnail: (seconds) =>
      page.evaluate(async (time) => {
        const found = await (globalThis as unknown as ShakaPage).player.getThumbnails(null, time);
        const { uris, positionX: x = 0, positionY: y = 0, startTime: startSeconds = 0 } = found ?? {};
        return { uri: uris?.[0] ?? "", x, y, startSeconds };
      }, seconds),
    decoded: () =>
      page.evaluate(() => {
        // Chromium's own counters.
        const video = document.getElementById("video") as unknown as Record<string, number>;
        return { video: video.webkitVideoDecodedByteCount ?? 0, audio: video.webkitAudioDecodedByteCount ?? 0 };
      }),
    ends: async () => {
      const hasEnded = () => (document.getElementById("video") as HTMLVideoElement).ended;
      await page.waitForFunction(hasEnded, null, { timeout: 30_000 });
    },
  };
}
