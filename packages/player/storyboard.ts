/**
 * The pictures over the seek bar. media-chrome takes them from a metadata track with the label `thumbnails`; the storyboard
 * is made when the video is, so whoever watches earlier gets it later.
 */

const firstDelaySeconds = 5;
const longestDelaySeconds = 60;

/** Adds the track as soon as its file is there, asking less and less often, and not while the page is out of sight. */
export async function addStoryboard(video: HTMLVideoElement, address: string, closing: AbortSignal): Promise<void> {
  for (let delay = firstDelaySeconds; !(await isThere(address, closing)); delay *= 2) {
    await wait(Math.min(delay, longestDelaySeconds), closing);
    if (closing.aborted) return;
  }
  const track = document.createElement("track");
  Object.assign(track, { kind: "metadata", label: "thumbnails", src: address, default: true });
  video.append(track);
}

async function isThere(address: string, closing: AbortSignal): Promise<boolean> {
  if (document.hidden) return false;
  const answer = await fetch(address, { signal: closing }).catch(() => null);
  return answer?.ok ?? false;
}

function wait(seconds: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    closing.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
