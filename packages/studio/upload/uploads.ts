/** The uploads of this tab, over the real network and the browser's own database. */
import { computed } from "@preact/signals";
import { untilLoggedIn } from "../shell/session.ts";
import { waitInBrowser } from "./again.ts";
import { createUploads } from "./create-uploads.ts";
import { createRememberedUploads } from "./remembered-uploads.ts";
import { transport } from "./transport.ts";
import type { UploadPhase } from "./upload.ts";

export const uploads = createUploads({
  transport,
  remembered: createRememberedUploads(),
  // While nobody is logged in nothing is asked: the server counts those who ask without a valid key.
  async wait(seconds, signal) {
    await waitInBrowser(seconds, signal);
    await untilLoggedIn(signal);
  },
  now: () => performance.now() / 1000,
  claim: claimForTab,
});

const busyPhases: UploadPhase[] = ["waiting", "sending", "retrying", "finishing"];

/** Those that would be interrupted by leaving. */
export const busyUploads = computed(() => uploads.list.value.filter(({ phase }) => busyPhases.includes(phase.value)));

addEventListener("beforeunload", (event) => {
  if (busyUploads.peek().length > 0) event.preventDefault();
});

/** One tab at a time works on an upload; the lock goes with the tab. Pages that are not secure have no locks. */
function claimForTab(videoId: string): Promise<boolean> {
  if (!("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const held = (lock: Lock | null) => {
      resolve(lock !== null);
      return lock ? new Promise<never>(() => undefined) : undefined;
    };
    navigator.locks.request(`upload ${videoId}`, { ifAvailable: true }, held).catch(() => resolve(true));
  });
}
