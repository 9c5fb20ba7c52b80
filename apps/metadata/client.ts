/** The typed client for the other services. */
import { type ClientOptions, createClient, isServiceError, ServiceError } from "@video-backend/service";
import { type hc, parseResponse } from "hono/client";
import type { Video } from "./contract.ts";
import type { MetadataRoutes } from "./routes.ts";

export type { Captions } from "./captions/contract.ts";
export type { NewVideo, TranscodingStatus, Video, VideoChanges } from "./contract.ts";
export type { ApiKey, NewApiKey } from "./keys/contract.ts";
export { createKeyVerifier } from "./keys/remote-verifier.ts";
export type { CreatedWebhook, Delivery, NewWebhook, Webhook } from "./webhooks/contract.ts";

export type MetadataClient = ReturnType<typeof hc<MetadataRoutes>>;

/** @example await parseResponse(metadata.videos[":hash"].$get({ param: { hash } })) */
export function createMetadataClient(options: Omit<ClientOptions, "name">): MetadataClient {
  return createClient<MetadataRoutes>({ ...options, name: "Metadata service" });
}

/**
 * What metadata knows of an id. `unknown` is not `deleted`: a video may be unknown because metadata's database was lost, or
 * because nobody has registered it yet, and then its files may be the only copy.
 */
export type KnownVideo = { kind: "known"; video: Video } | { kind: "deleted" } | { kind: "unknown" };

/** @throws ServiceError of any code but `not_found` */
export async function lookUpVideo(metadata: MetadataClient, hash: string, signal?: AbortSignal): Promise<KnownVideo> {
  try {
    const options = signal ? { init: { signal } } : {};
    return { kind: "known", video: await parseResponse(metadata.videos[":hash"].$get({ param: { hash } }, options)) };
  } catch (error) {
    if (!isServiceError(error, "not_found")) throw error;
    // A 404 of something else, such as a proxy, says nothing of the video.
    if (error.details.hash !== hash) throw new ServiceError("unavailable", error.message, { cause: error });
    return { kind: error.details.deleted_at === undefined ? "unknown" : "deleted" };
  }
}

const pageSize = 1000;
const tries = 3;

/**
 * Calls `onPage` with all videos, a page at a time, and answers their ids. After a change of the list while it is read, it
 * is read again, so a video may come more than once and is never left out.
 *
 * @throws ServiceError `unavailable` when metadata is away, or its list changes each time it is read
 */
export async function readAllVideos(
  metadata: MetadataClient,
  signal: AbortSignal,
  onPage: (videos: Video[]) => void | Promise<void> = () => undefined,
): Promise<Set<string>> {
  for (let time = 1; time <= tries; time++) {
    const ids = new Set<string>();
    let total = 0;
    for (let offset = 0; ; offset += pageSize) {
      const query = { limit: String(pageSize), offset: String(offset) };
      const page = await parseResponse(metadata.videos.$get({ query }, { init: { signal } }));
      for (const { hash } of page.videos) ids.add(hash);
      total = Math.max(total, page.total);
      await onPage(page.videos);
      if (page.videos.length < pageSize) break;
    }
    // A video that is deleted meanwhile moves the next ones up, one of them out of the page that is read next.
    if (ids.size >= total) return ids;
  }
  throw new ServiceError("unavailable", "The list of videos changed each time it was read");
}
