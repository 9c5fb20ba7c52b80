/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { settings } from "@video-backend/service";
import { z } from "zod";

export const MetadataConfig = z.object({
  METADATA_PORT: settings.port(8003),
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  ALLOWED_ORIGINS: settings.ALLOWED_ORIGINS,
  ALLOWED_HOSTS: settings.ALLOWED_HOSTS,
  PLAYBACK_KEYS: playbackKeysSetting,
  PLAYBACK_TOKEN_MAX_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(7 * 24 * 3600)
    .describe("The longest that a playback token may be asked to last"),
  PLAYBACK_TOKEN_WINDOW_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1)
    .describe(
      "Playback tokens expire at whole multiples of this, so that viewers share them, and caches what they play",
    ),
});
