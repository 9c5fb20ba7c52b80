/** The library, as metadata lists it. */
import type { MetadataClient } from "@video-backend/metadata/client";
import { type InferRequestType, parseResponse } from "hono/client";
import type { LibraryQuery } from "../contract.ts";
import type { AdminDeps } from "../service.ts";

type MetadataQuery = InferRequestType<MetadataClient["videos"]["$get"]>["query"];

/** The query goes on as it came: metadata checks it, and its refusal is ours. */
export function listVideos({ services }: AdminDeps, query: LibraryQuery) {
  return parseResponse(services.metadata.client.videos.$get({ query: query as MetadataQuery }));
}
