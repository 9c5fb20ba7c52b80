/** The library, as metadata lists it, each video with the size of its original, which only the storage knows. */
import type { MetadataClient } from "@video-backend/metadata/client";
import { type InferRequestType, parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import { sizeOf } from "./files-of.ts";

type Query = InferRequestType<MetadataClient["videos"]["$get"]>["query"];

/** @param query as it came in the address */
export async function listVideosWithSizes({ services, store }: AdminDeps, query: Record<string, string>) {
  const { videos, total } = await parseResponse(
    services.metadata.client.videos.$get({ query: query as unknown as Query }),
  );
  const sizes = await Promise.all(videos.map((video) => sizeOf(store, video)));
  return { videos: videos.map((video, index) => ({ ...video, size_bytes: sizes[index] ?? null })), total };
}
