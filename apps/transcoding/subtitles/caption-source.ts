/** Captions that somebody gave a video, as metadata has them. */
import type { Captions, MetadataClient } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";

export interface CaptionSource {
  /** Of one video; none where metadata does not know it. */
  list(videoId: string, signal?: AbortSignal): Promise<Captions[]>;
  /** Of every video that has some, by its id. */
  listAll(): Promise<Map<string, Captions[]>>;
  /** WebVTT; null where they are gone by now. */
  read(videoId: string, lang: string, signal?: AbortSignal): Promise<string | null>;
}

/** Each of its methods rejects with ServiceError `unavailable` while metadata is away. */
export function createCaptionSource(metadata: MetadataClient): CaptionSource {
  const ofVideo = metadata.videos[":hash"].captions;
  const optionsOf = (signal?: AbortSignal) => (signal ? { init: { signal } } : {});
  return {
    async list(hash, signal) {
      const known = await unlessUnknown(parseResponse(ofVideo.$get({ param: { hash } }, optionsOf(signal))));
      return known?.captions ?? [];
    },
    async listAll() {
      const { captions } = await parseResponse(metadata.captions.$get());
      return Map.groupBy(captions, (one) => one.hash);
    },
    read: (hash, lang, signal) =>
      unlessUnknown(
        ofVideo[":lang"].$get({ param: { hash, lang } }, optionsOf(signal)).then((answer) => answer.text()),
      ),
  };
}

async function unlessUnknown<Value>(answer: Promise<Value>): Promise<Value | null> {
  try {
    return await answer;
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    throw error;
  }
}
