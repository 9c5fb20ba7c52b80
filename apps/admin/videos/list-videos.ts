/** The library, as metadata lists it. */
import type { MetadataClient } from "@video-backend/metadata/client";
import { type InferRequestType, parseResponse } from "hono/client";
import type { LibraryQuery } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";
import { sizeOf } from "./files-of.ts";

type MetadataQuery = InferRequestType<MetadataClient["videos"]["$get"]>["query"];

/** The query goes on as it came: metadata checks it, and its refusal is ours. */
export function listVideos({ services }: AdminDeps, query: LibraryQuery) {
  return parseResponse(services.metadata.client.videos.$get({ query: query as MetadataQuery }));
}

/** The same, each with the size of its original, which only the storage knows. */
export async function listVideosWithSizes(deps: AdminDeps, query: LibraryQuery) {
  const { videos, total } = await listVideos(deps, query);
  const sizes = await Promise.all(videos.map((video) => sizeOf(deps.store, video)));
  return { videos: videos.map((video, index) => ({ ...video, size_bytes: sizes[index] ?? null })), total };
}
