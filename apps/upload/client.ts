/** The typed client for the other services. Chunks are not part of it: they are streamed with a plain `fetch`. */
import { type ClientOptions, createClient } from "@video-backend/service";
import type { hc } from "hono/client";
import type { UploadRoutes } from "./routes.ts";

export type { NewUpload, Upload } from "./contract.ts";

export type UploadClient = ReturnType<typeof hc<UploadRoutes>>;

/** @example await parseResponse(upload.upload[":upload_id"].$delete({ param: { upload_id } })) */
export function createUploadClient(options: Omit<ClientOptions, "name">): UploadClient {
  return createClient<UploadRoutes>({ ...options, name: "Upload service" });
}
