/** The settings of this service. */
import { addressRulesOf, remoteSettings } from "@video-backend/remote";
import { settings } from "@video-backend/service";
import { z } from "zod";
import type { Limits } from "./admission/admit.ts";
import type { RemoteSources } from "./deps.ts";
import { maxTotalChunks } from "./uploads/store.ts";

const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;
const week = 7 * 24 * 3600;

const whole = (fallback: number, min = 0) => z.coerce.number().int().min(min).default(fallback);
const seconds = (fallback: number) => z.coerce.number().min(1).default(fallback);

export const UploadConfig = z.object({
  UPLOAD_PORT: settings.port(8001),
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
  METADATA_URL: settings.url(8003),
  TRANSCODING_URL: settings.url(8002),
  UPLOAD_SYNC: z
    .enum(["chunk", "complete", "never"])
    .default("chunk")
    .describe(
      "When bytes are synced to the disk: before a chunk is answered, before complete is, or never by this service",
    ),
  UPLOAD_MAX_FILE_BYTES: whole(tebibyte, 1).describe("The largest file that is accepted"),
  UPLOAD_MAX_CHUNK_BYTES: whole(tebibyte, mebibyte).describe(
    "The largest chunk that is accepted; a whole file may be one, it is never held in memory",
  ),
  UPLOAD_MAX_CHUNKS: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxTotalChunks)
    .default(maxTotalChunks)
    .describe("The maximum number of chunks per file"),
  UPLOAD_MAX_OPEN: whole(1000, 1).describe("Uploads that one client may have started and not completed"),
  UPLOAD_IDLE_SECONDS: seconds(week).describe(
    "An upload that received nothing for so long is deleted, and its space is free again",
  ),
  UPLOAD_JANITOR_SECONDS: seconds(3600).describe(
    "How often folders, rows and videos are compared; GET /upload/janitor reports what would be done",
  ),
  UPLOAD_STALL_SECONDS: seconds(60).describe("A sender of less than 1 KiB in so many seconds is disconnected"),
  UPLOAD_LADDER_RATIO: z.coerce
    .number()
    .min(0)
    .default(1)
    .describe("Room that is reserved for the renditions of a file, in sizes of the file"),
  UPLOAD_FROM_URL: z.enum(["on", "off"]).default("on").describe("Whether files are fetched from URLs"),
  ...remoteSettings,
  UPLOAD_FROM_URL_AT_ONCE: whole(2, 1).describe("Concurrent fetches; the others wait"),
  TRUSTED_PROXIES: settings.TRUSTED_PROXIES,
  UPLOAD_TRUSTED_PROXIES: settings.TRUSTED_PROXIES.optional().describe("The former name of TRUSTED_PROXIES"),
  DISK_LOW_WATER_BYTES: whole(512 * mebibyte).describe("Bytes of the disk that are never promised to an upload"),
});
export type UploadConfig = z.infer<typeof UploadConfig>;

/** The limits of admission. */
export function limitsOf(config: UploadConfig): Limits {
  return {
    maxFileBytes: config.UPLOAD_MAX_FILE_BYTES,
    maxChunkBytes: config.UPLOAD_MAX_CHUNK_BYTES,
    maxChunks: config.UPLOAD_MAX_CHUNKS,
    openUploadsPerClient: config.UPLOAD_MAX_OPEN,
    idleSeconds: config.UPLOAD_IDLE_SECONDS,
    stallSeconds: config.UPLOAD_STALL_SECONDS,
    ladderRatio: config.UPLOAD_LADDER_RATIO,
    lowWaterBytes: config.DISK_LOW_WATER_BYTES,
  };
}

/** How sources are fetched from URLs; null if that is switched off. */
export function remoteSourcesOf(config: UploadConfig): RemoteSources | null {
  if (config.UPLOAD_FROM_URL === "off") return null;
  return {
    ...addressRulesOf(config),
    atOnce: config.UPLOAD_FROM_URL_AT_ONCE,
    answerSeconds: 30,
    maxTries: 20,
  };
}
