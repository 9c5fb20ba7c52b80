/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { settings } from "@video-backend/service";
import { z } from "zod";
import { privateCachings } from "./access/cache-control.ts";

export const StreamingConfig = z.object({
  STREAMING_PORT: settings.port(8004),
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
  PUBLIC_STREAMING_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe("Where this service is for the world, when a proxy stands in front of it"),
  METADATA_URL: settings.url(8003),
  TRANSCODING_URL: settings.url(8002),
  ORIGINALS: z
    .enum(["public", "key"])
    .default("public")
    .describe("key: with AUTH=keys the original is served to keys with the scope read alone"),
  PLAYBACK_KEYS: playbackKeysSetting,
  PRIVATE_CACHING: z
    .enum(privateCachings)
    .default("viewer")
    .describe("Who may keep files of private videos: the viewer alone, or shared caches too, while the token is good"),
  STREAMING_PROCESSES: z
    .union([z.literal("auto"), z.coerce.number().int().min(1).max(256)])
    .default(1)
    .describe("How many processes share the port; auto: one a processor"),
  STREAMING_MEMORY_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(256 * 1024 * 1024)
    .describe("How much of the files that are asked for most all processes together hold in memory"),
  STREAMING_CORS_ORIGINS: settings
    .origins("*")
    .describe(
      "Pages of which origins may read, beside ALLOWED_ORIGINS: *, or such as https://player.example,https://www.example",
    ),
  STREAMING_ACCESS_LOG: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("Whether each file that is served gets a line in the log"),
  STREAMING_SHARES_PORT: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe("Set by the process that starts the others; not by people"),
});
