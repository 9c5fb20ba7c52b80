/** What an operator may set for this service. */
import { playbackKeysSetting } from "@video-backend/access/setting";
import { addressRulesOf, remoteSettings } from "@video-backend/remote";
import { settings } from "@video-backend/service";
import { z } from "zod";
import type { Sending } from "./deps.ts";

const seconds = (fallback: number) => z.coerce.number().min(0.01).default(fallback);

export const MetadataConfig = z.object({
  METADATA_PORT: settings.port(8003),
  HOST: settings.HOST,
  AUTH: settings.AUTH,
  AUTH_OPEN_ON_NETWORK: settings.AUTH_OPEN_ON_NETWORK,
  SERVICE_KEY: settings.SERVICE_KEY,
  RATE_LIMIT_PER_MINUTE: settings.RATE_LIMIT_PER_MINUTE,
  FAILED_KEYS_PER_MINUTE: settings.FAILED_KEYS_PER_MINUTE,
  TRUSTED_PROXIES: settings.TRUSTED_PROXIES,
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
  ...remoteSettings,
  WEBHOOK_TIMEOUT_SECONDS: seconds(15).describe("How long the receiver of a webhook may take to answer"),
  WEBHOOK_RETRY_SECONDS: seconds(5).describe(
    "Before an event is sent for the second time; twice as long before each further time, at most half an hour",
  ),
  WEBHOOK_KEEP_SECONDS: seconds(7 * 24 * 3600).describe("How long deliveries are kept that are delivered or given up"),
});
export type MetadataConfig = z.infer<typeof MetadataConfig>;

const connectionsPerWebhook = 4;

/** How events are sent to webhooks. */
export function sendingOf(config: MetadataConfig): Sending {
  return {
    rules: addressRulesOf(config),
    timeoutSeconds: config.WEBHOOK_TIMEOUT_SECONDS,
    retrySeconds: config.WEBHOOK_RETRY_SECONDS,
    atOnce: connectionsPerWebhook,
    keepSeconds: config.WEBHOOK_KEEP_SECONDS,
  };
}
