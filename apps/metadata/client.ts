/** How the other services speak to metadata. */
import { type ClientOptions, createClient } from "@video-backend/service";
import type { hc } from "hono/client";
import type { MetadataRoutes } from "./routes.ts";

export type { Captions } from "./captions/contract.ts";
export type { NewVideo, TranscodingStatus, Video, VideoChanges } from "./contract.ts";

export type MetadataClient = ReturnType<typeof hc<MetadataRoutes>>;

/** @example await parseResponse(metadata.videos[":hash"].$get({ param: { hash } })) */
export function createMetadataClient(options: Omit<ClientOptions, "name">): MetadataClient {
  return createClient<MetadataRoutes>({ ...options, name: "Metadata service" });
}
