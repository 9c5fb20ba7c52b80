/** What an operator may set for this service. */
import { settings } from "@video-backend/service";
import { z } from "zod";

const tebibyte = 1024 ** 4;

export const AdminConfig = z.object({
  ADMIN_PORT: settings.port(8005),
  HOST: settings.HOST,
  AUTH: settings.AUTH,
  AUTH_OPEN_ON_NETWORK: settings.AUTH_OPEN_ON_NETWORK,
  SERVICE_KEY: settings.SERVICE_KEY,
  RATE_LIMIT_PER_MINUTE: settings.RATE_LIMIT_PER_MINUTE,
  FAILED_KEYS_PER_MINUTE: settings.FAILED_KEYS_PER_MINUTE,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  ALLOWED_ORIGINS: settings.ALLOWED_ORIGINS,
  ALLOWED_HOSTS: settings.ALLOWED_HOSTS,
  TRUSTED_PROXIES: settings.TRUSTED_PROXIES,
  PUBLIC_URL: settings.PUBLIC_URL,
  UPLOAD_URL: settings.url(8001),
  TRANSCODING_URL: settings.url(8002),
  METADATA_URL: settings.url(8003),
  STREAMING_URL: settings.url(8004),
  PUBLIC_STREAMING_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe(
      "Where browsers reach streaming, where that is not its port of the host by which they reach this service",
    ),
  SESSION_SECONDS: z.coerce
    .number()
    .int()
    .min(60)
    .default(12 * 3600)
    .describe("How long a login to the studio lasts at most"),
  ADMIN_MAX_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(1024 * 1024)
    .default(tebibyte)
    .describe("The largest chunk that is passed on to upload; nothing of it is held in memory"),
});
