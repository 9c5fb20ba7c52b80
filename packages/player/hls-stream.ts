/**
 * A stream through hls.js. Segments are made on demand, so one that is listed may be answered with "not yet" (503): that is
 * waited for, and no reason to give up or to change the quality, which would demand yet another one. What hls.js gives up
 * on after all is begun again here, for as long as the page is open and the cause is one that passes.
 *
 * Without hls.js' worker: it is for taking MPEG-TS apart, and our segments need none of that.
 */
import Hls, { type ErrorData, type HlsConfig } from "hls.js";
import { noticeFor, notices } from "./notices.ts";
import { restartDecoderWhenReplaced } from "./restart-decoder.ts";
import { listTracks } from "./tracks.ts";

export interface StreamOptions {
  /** Absolute address of the master playlist. */
  url: string;
  startSeconds: number;
  /** Shows a sentence over the picture, or with null takes it away. */
  say: (sentence: string | null) => void;
  /** Ends loading and forgets all. */
  closing: AbortSignal;
}

/** Longer than the nine seconds that a demanded segment may take to be answered. */
const firstByteMs = 20_000;
/** Seconds from one new beginning to the next. */
const retrySeconds = 2;
const mostRecoveries = 3;
/** Enough of the beginning to start at once; the rest is loaded when somebody plays. */
const secondsBeforePlay = 1;

const config: Partial<HlsConfig> = {
  enableWorker: false,
  capLevelToPlayerSize: true,
  fragLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: firstByteMs,
      maxLoadTimeMs: 120_000,
      timeoutRetry: { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 },
      errorRetry: {
        maxNumRetry: 20,
        retryDelayMs: 1000,
        maxRetryDelayMs: 2000,
        backoff: "linear",
        shouldRetry: (policy, count, _isTimeout, answer) =>
          count < (policy?.maxNumRetry ?? 0) && isWorthAsking(answer?.code),
      },
    },
  },
};

/** A refusal (4xx) stays one; no answer, or a server's trouble, passes. */
const isWorthAsking = (status: number | undefined): boolean => !status || status >= 500;

/** Plays the stream in the element until `closing`. */
export function playWithHls(video: HTMLVideoElement, { url, startSeconds, say, closing }: StreamOptions): void {
  if (!Hls.isSupported()) {
    say(notices.undecodable.sentence);
    return;
  }
  const hls = new Hls({ ...config, ...(startSeconds > 0 ? { startPosition: startSeconds } : {}) });
  let recoveries = 0;
  let isListed = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  closing.addEventListener("abort", () => {
    clearTimeout(retry);
    hls.destroy();
  });

  const beginAgain = () => {
    if (retry === undefined) return;
    clearTimeout(retry);
    retry = undefined;
    if (isListed) hls.startLoad();
    else hls.loadSource(url);
  };
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    isListed = true;
    say(null);
    if (video.autoplay) video.play().catch(() => undefined);
  });
  // Audio alone is no reason to take away what is said of video.
  const isPlayable = () => video.readyState >= video.HAVE_FUTURE_DATA;
  hls.on(Hls.Events.FRAG_BUFFERED, () => isPlayable() && say(null));
  video.addEventListener("canplay", () => say(null), { signal: closing });
  hls.on(Hls.Events.ERROR, (_, error) => {
    // What it gave up on itself, since another quality or place is wanted: nobody failed to answer.
    if (error.details === Hls.ErrorDetails.INTERNAL_ABORTED) return;
    if (error.type === Hls.ErrorTypes.NETWORK_ERROR) {
      const notice = noticeFor(isListed ? "part" : "master", error.response?.code, retryAfterOf(error));
      if (error.fatal || isStarved(video, error)) say(notice.sentence);
      if (error.fatal && notice.passes) retry ??= setTimeout(beginAgain, retrySeconds * 1000);
    } else if (error.fatal) {
      const isDecoding = isListed && error.type === Hls.ErrorTypes.MEDIA_ERROR;
      if (isDecoding && ++recoveries <= mostRecoveries) hls.recoverMediaError();
      else say(notices.undecodable.sentence);
    }
  });
  addEventListener("online", beginAgain, { signal: closing });

  loadLittleBeforePlay(hls, video, closing);
  listTracks(hls, video, closing);
  restartDecoderWhenReplaced(hls, video);
  hls.loadSource(url);
  hls.attachMedia(video);
}

/** The header of the answer; null where there was none. */
const retryAfterOf = ({ networkDetails }: ErrorData): string | null =>
  networkDetails instanceof XMLHttpRequest ? networkDetails.getResponseHeader("Retry-After") : null;

/** Whether a viewer waits for what did not come: it is no news while there is still something to show. */
function isStarved(video: HTMLVideoElement, { details }: ErrorData): boolean {
  return details !== Hls.ErrorDetails.SUBTITLE_LOAD_ERROR && video.readyState < video.HAVE_FUTURE_DATA;
}

function loadLittleBeforePlay(hls: Hls, video: HTMLVideoElement, closing: AbortSignal): void {
  if (video.autoplay) return;
  const { maxBufferLength, maxBufferSize } = hls.config;
  Object.assign(hls.config, { maxBufferLength: secondsBeforePlay, maxBufferSize: 1 });
  const loadAll = () => Object.assign(hls.config, { maxBufferLength, maxBufferSize });
  video.addEventListener("play", loadAll, { once: true, signal: closing });
}
