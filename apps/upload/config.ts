/** What an operator may set for this service. */
import { settings } from "@video-backend/service";
import { z } from "zod";

const tebibyte = 1024 ** 4;

export const UploadConfig = z.object({
  UPLOAD_PORT: settings.port(8001),
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  METADATA_URL: settings.url(8003),
  TRANSCODING_URL: settings.url(8002),
  UPLOAD_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(tebibyte)
    .describe("The largest chunk that is let in; a whole file may come as one, nothing of it is held in memory"),
});
