/** How the other services speak to streaming. Files are no part of it: they are streamed, with a plain `fetch`. */
import { type ClientOptions, createClient } from "@video-backend/service";
import type { hc } from "hono/client";
import type { StreamingRoutes } from "./routes.ts";

export type { Qualities } from "./contract.ts";

export type StreamingClient = ReturnType<typeof hc<StreamingRoutes>>;

/** @example await parseResponse(streaming.stream[":id"].qualities.$get({ param: { id } })) */
export function createStreamingClient(options: Omit<ClientOptions, "name">): StreamingClient {
  return createClient<StreamingRoutes>({ ...options, name: "Streaming service" });
}
