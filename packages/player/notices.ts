/** What a viewer is told when a video does not play, and whether it is worth asking again. */

export interface Notice {
  sentence: string;
  /** Whether the player goes on by itself once the cause is gone. */
  passes: boolean;
}

export const notices = {
  notReady: { sentence: "This video is not ready yet. It starts here as soon as it can.", passes: true },
  private: { sentence: "This video is private, or the link to it has expired.", passes: false },
  beingMade: { sentence: "This part of the video is being made. One moment…", passes: true },
  partMissing: { sentence: "A part of this video cannot be loaded. Trying again…", passes: true },
  offline: { sentence: "There is no network. Playing goes on when it is back.", passes: true },
  serverAway: { sentence: "The server does not answer. Trying again…", passes: true },
  undecodable: { sentence: "This browser cannot play this video.", passes: false },
} as const satisfies Record<string, Notice>;

/**
 * For a file that did not come.
 *
 * @param what `master`: nothing is known of the video yet; `part`: it was being played
 * @param status of the answer; 0 or undefined where there was none
 * @param retryAfter its header
 */
export function noticeFor(
  what: "master" | "part",
  status: number | undefined,
  retryAfter: string | null = null,
  isOnline = navigator.onLine,
): Notice {
  if (!status) return isOnline ? notices.serverAway : notices.offline;
  if (status === 401 || status === 403) return notices.private;
  if (what === "master") return status === 404 ? notices.notReady : notices.serverAway;
  return status === 503 ? beingMade(retryAfter) : notices.partMissing;
}

/**
 * For a part that is being made, with how long that takes where the server knows it.
 *
 * @param retryAfter the header of the answer: whole seconds, 1 where nothing is known
 */
function beingMade(retryAfter: string | null): Notice {
  const seconds = Number(retryAfter ?? 0);
  if (!(seconds > 1)) return notices.beingMade;
  const wait = seconds < 100 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  return { ...notices.beingMade, sentence: `This part of the video is being made. It takes about ${wait}.` };
}
