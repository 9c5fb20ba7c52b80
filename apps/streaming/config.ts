/** What an operator may set for this service. */
import { settings } from "@video-backend/service";
import { z } from "zod";

export const StreamingConfig = z.object({
  STREAMING_PORT: settings.port(8004),
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  PUBLIC_STREAMING_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe("Where this service is for the world, when a proxy stands in front of it"),
  METADATA_URL: settings.url(8003),
  TRANSCODING_URL: settings.url(8002),
});
