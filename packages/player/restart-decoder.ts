/**
 * A picture that moves on after a change of quality. Chromium's decoder never goes back to a key frame behind what it has
 * read: where the buffer at the playhead is emptied or replaced, it waits for the next segment, and the picture stands still
 * for seconds while the audio goes on (hls.js issues 5631 and 6355). A seek to the current time makes it start again at the
 * key frame of the segment that is there now.
 */
import Hls, { type Fragment } from "hls.js";

/** Seconds that the decoder may have read ahead of the playhead. */
const readAheadSeconds = 1;
/** Seconds by which neighbouring segments may overlap without one replacing the other. */
const overlapSeconds = 0.1;

/** Restarts the decoder each time the buffer that it is reading from is emptied or replaced. */
export function restartDecoderWhenReplaced(hls: Hls, video: HTMLVideoElement): void {
  let replaced: Fragment | undefined;
  const restart = () => {
    const { currentTime } = video;
    video.currentTime = currentTime;
  };
  hls.on(Hls.Events.BUFFER_FLUSHED, (_, { type }) => {
    // Before the start hls.js itself seeks, to where it is to begin.
    if (type === "video" && hls.hasEnoughToStart && !isBuffered(video, video.currentTime)) restart();
  });
  hls.on(Hls.Events.BUFFER_APPENDING, (_, { type, frag }) => {
    if (type === "video" && isBuffered(video, frag.start + overlapSeconds)) replaced = frag;
  });
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => {
    if (frag !== replaced) return;
    replaced = undefined;
    const { currentTime } = video;
    if (currentTime > frag.start - readAheadSeconds && currentTime < frag.end) restart();
  });
}

function isBuffered({ buffered }: HTMLVideoElement, seconds: number): boolean {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= seconds && seconds < buffered.end(index)) return true;
  }
  return false;
}
