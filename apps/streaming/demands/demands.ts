/**
 * Asks transcoding for segments that are not made yet. However many players wait for one, transcoding is asked once, and
 * players of finished videos never come here.
 */
import type { TranscodingClient } from "@video-backend/transcoding/client";

export interface Demands {
  /** Resolves when the file is in place; rejects as transcoding answers. */
  wait(videoId: string, quality: string, index: number): Promise<void>;
  /** The same for a playlist, the manifest or the poster that is gone; a path below `hls/{videoId}/`. */
  restore(videoId: string, path: string): Promise<void>;
}

export function createDemands(transcoding: TranscodingClient): Demands {
  const waiting = new Map<string, Promise<void>>();

  /** Asks once for however many wait. */
  function once(key: string, ask: () => Promise<unknown>): Promise<void> {
    const known = waiting.get(key);
    if (known) return known;
    const asking = ask()
      .then(() => undefined)
      .finally(() => waiting.delete(key));
    waiting.set(key, asking);
    return asking;
  }

  return {
    wait: (videoId, quality, segment) =>
      once(`${videoId}/${quality}/${segment}`, () =>
        transcoding.transcode[":upload_id"].demand.$post({
          param: { upload_id: videoId },
          json: { quality, segment },
        }),
      ),
    restore: (videoId, path) =>
      once(`${videoId}/${path}`, () =>
        transcoding.transcode[":upload_id"].restore.$post({ param: { upload_id: videoId }, json: { path } }),
      ),
  };
}
