/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { settings } from "@video-backend/service";
import { z } from "zod";

export const MetadataConfig = z.object({
  METADATA_PORT: settings.port(8003),
  HOST: settings.HOST,
  AUTH: settings.AUTH,
  AUTH_OPEN_ON_NETWORK: settings.AUTH_OPEN_ON_NETWORK,
  SERVICE_KEY: settings.SERVICE_KEY,
  STORAGE_DIR: settings.STORAGE_DIR,
  LOG_LEVEL: settings.LOG_LEVEL,
  ALLOWED_ORIGINS: settings.ALLOWED_ORIGINS,
  ALLOWED_HOSTS: settings.ALLOWED_HOSTS,
  ADMIN_API_KEY: z
    .string()
    .optional()
    .meta({ description: "The first API key, with all scopes: vb_ and 43 letters, digits, - and _", secret: true }),
  ADMIN_API_KEY_FILE: z.string().optional().describe("A file that holds ADMIN_API_KEY"),
  FIRST_API_KEY: z
    .enum(["print", "none"])
    .default("print")
    .describe("Whether a first start with AUTH=keys makes a key and prints it, where ADMIN_API_KEY is not set"),
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
