/** How the other services speak to transcoding. */
import { type ClientOptions, createClient } from "@video-backend/service";
import type { hc } from "hono/client";
import type { TranscodingRoutes } from "./routes.ts";

export type { RenditionStatus, TranscodingStatus } from "./contract.ts";
export type { Bitrates, QueueState, RecentFault, SegmentMap } from "./overview/contract.ts";

export type TranscodingClient = ReturnType<typeof hc<TranscodingRoutes>>;

/** @example await parseResponse(transcoding.transcode.start.$post({ json: { upload_id, filename } })) */
export function createTranscodingClient(options: Omit<ClientOptions, "name">): TranscodingClient {
  return createClient<TranscodingRoutes>({ ...options, name: "Transcoding service" });
}
