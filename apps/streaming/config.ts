/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { settings } from "@video-backend/service";
import { z } from "zod";
import { privateCachings } from "./access/cache-control.ts";

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
  PLAYBACK_KEYS: playbackKeysSetting,
  PRIVATE_CACHING: z
    .enum(privateCachings)
    .default("viewer")
    .describe("Who may keep files of private videos: the viewer alone, or shared caches too, while the token is good"),
});
