/**
 * A stream in a <video>: by the browser where it is Safari, whose own HLS saves battery and does AirPlay, else by hls.js,
 * which is loaded only then. `canPlayType` alone would not tell: Chromium has an HLS of its own that offers no choice of
 * quality.
 */
import type { StreamOptions } from "./hls-stream.ts";
import { noticeFor, notices } from "./notices.ts";

/** Opens the stream; from then on the media element is all there is to it. */
export function openStream(video: HTMLVideoElement, options: StreamOptions): void {
  video.addEventListener("playing", () => options.say(null), { signal: options.closing });
  if (isSafari(video)) {
    playNatively(video, options);
    return;
  }
  import("./hls-stream.ts").then(
    ({ playWithHls }) => options.closing.aborted || playWithHls(video, options),
    () => options.say(notices.serverAway.sentence),
  );
}

const isSafari = (video: HTMLVideoElement): boolean =>
  "webkitSetPresentationMode" in video && video.canPlayType("application/vnd.apple.mpegurl") !== "";

/** Seconds from one try to the next. */
const retrySeconds = 3;

function playNatively(video: HTMLVideoElement, { url, startSeconds, say, closing }: StreamOptions): void {
  let resumeAt = startSeconds;
  const load = () => {
    video.src = url;
    video.addEventListener("loadedmetadata", () => resumeAt > 0 && seek(video, resumeAt), { once: true });
  };
  // A media element tells nothing of the answer that it got.
  const explain = async () => {
    const answer = await fetch(url, { signal: closing }).catch(() => null);
    if (closing.aborted) return;
    const notice = answer?.ok ? notices.undecodable : noticeFor("master", answer?.status);
    say(notice.sentence);
    resumeAt = video.currentTime || resumeAt;
    if (notice.passes) setTimeout(() => closing.aborted || load(), retrySeconds * 1000);
  };
  video.addEventListener("error", explain, { signal: closing });
  closing.addEventListener("abort", () => {
    video.removeAttribute("src");
    video.load();
  });
  load();
}

function seek(video: HTMLVideoElement, seconds: number): void {
  video.currentTime = seconds;
}
