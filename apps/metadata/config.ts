/** What an operator may set for this service. */
import { settings } from "@video-backend/service";
import { z } from "zod";

export const MetadataConfig = z.object({
  METADATA_PORT: settings.port(8003),
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
});
