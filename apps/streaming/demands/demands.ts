/**
 * Asks transcoding for segments that are not made yet. However many players wait for one, transcoding is asked once, and
 * players of finished videos never come here.
 */
import type { TranscodingClient } from "@video-backend/transcoding/client";

export interface Demands {
  /** Resolves when the file is in place; rejects as transcoding answers. */
  wait(videoId: string, quality: string, index: number): Promise<void>;
}

export function createDemands(transcoding: TranscodingClient): Demands {
  const waiting = new Map<string, Promise<void>>();

  async function ask(videoId: string, quality: string, segment: number): Promise<void> {
    await transcoding.transcode[":upload_id"].demand.$post({
      param: { upload_id: videoId },
      json: { quality, segment },
    });
  }

  return {
    wait(videoId, quality, index) {
      const key = `${videoId}/${quality}/${index}`;
      const known = waiting.get(key);
      if (known) return known;
      const asking = ask(videoId, quality, index).finally(() => waiting.delete(key));
      waiting.set(key, asking);
      return asking;
    },
  };
}
