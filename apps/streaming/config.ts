/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { settings } from "@video-backend/service";
import { z } from "zod";

export const StreamingConfig = z.object({
  STREAMING_PORT: settings.port(8004),
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  METADATA_URL: settings.url(8003),
  TRANSCODING_URL: settings.url(8002),
  PLAYBACK_KEYS: playbackKeysSetting,
});
