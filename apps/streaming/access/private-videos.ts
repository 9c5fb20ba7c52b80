/**
 * Which videos are private: those that have a mark in the storage. What was seen is believed for a second, counted from
 * before the look, so that a busy video costs one look a second and a change holds everywhere a second after it was told.
 *
 * That there is no mark is believed only of a video whose files were there just before: a storage that is not mounted has
 * no marks either. Names that nobody has are not kept, so that nobody can fill the memory with them.
 */
import type { BlobStore } from "@video-backend/storage";
import { originalsKey, privateMarkKey, streamsKey } from "@video-backend/storage/layout";

export interface PrivateVideos {
  /**
   * At once where it is known, else after a look. The id was checked by pattern before.
   *
   * @throws whatever the storage does; whether the video is private is unknown then
   */
  isPrivate(videoId: string): boolean | Promise<boolean>;
}

interface Sight {
  lookedAt: number;
  isPrivate: boolean | Promise<boolean>;
}

const believedSeconds = 1;
const mostKept = 10_000;

/** @param now seconds; a clock that is set back makes everything be looked at again */
export function createPrivateVideos(store: Pick<BlobStore, "exists">, now: () => number): PrivateVideos {
  const seen = new Map<string, Sight>();

  async function look(videoId: string, sight: Sight): Promise<boolean> {
    try {
      const hasFiles = (await store.exists(streamsKey(videoId))) || (await store.exists(originalsKey(videoId)));
      const isPrivate = await store.exists(privateMarkKey(videoId));
      if (isPrivate || hasFiles) sight.isPrivate = isPrivate;
      else forget(videoId, sight);
      return isPrivate;
    } catch (error) {
      forget(videoId, sight);
      throw error;
    }
  }

  function forget(videoId: string, sight: Sight): void {
    if (seen.get(videoId) === sight) seen.delete(videoId);
  }

  return {
    isPrivate(videoId) {
      const time = now();
      const last = seen.get(videoId);
      const age = last ? time - last.lookedAt : Number.NaN;
      if (last && age >= 0 && age < believedSeconds) return last.isPrivate;
      // Taken out and put back, so that what was looked at longest ago comes first and goes first.
      seen.delete(videoId);
      for (const oldest of seen.keys()) {
        if (seen.size < mostKept) break;
        seen.delete(oldest);
      }
      const sight: Sight = { lookedAt: time, isPrivate: true };
      seen.set(videoId, sight);
      const looking = look(videoId, sight);
      sight.isPrivate = looking;
      return looking;
    },
  };
}
