/** What an operator may set for this service. */

import { addressesOfThisMachine, parseAllowedTargets, resolveBySystem } from "@video-backend/remote";
import { messageOf, parseProxies, settings } from "@video-backend/service";
import { z } from "zod";
import type { Limits } from "./admission/admit.ts";
import type { RemoteSources } from "./deps.ts";
import { maxTotalChunks } from "./uploads/store.ts";

const mebibyte = 1024 ** 2;
const tebibyte = 1024 ** 4;
const week = 7 * 24 * 3600;

const whole = (fallback: number, min = 0) => z.coerce.number().int().min(min).default(fallback);
const seconds = (fallback: number) => z.coerce.number().min(1).default(fallback);

/** A setting that is read once; what is wrong with it is told as `parse` says it. */
const parsed = <Value>(fallback: string, parse: (setting: string) => Value) =>
  z
    .string()
    .default(fallback)
    .transform((setting, context) => {
      try {
        return parse(setting);
      } catch (error) {
        context.addIssue({ code: "custom", message: messageOf(error) });
        return z.NEVER;
      }
    });

export const UploadConfig = z.object({
  UPLOAD_PORT: settings.port(8001),
  HOST: settings.HOST,
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
      "When bytes are brought to the disk itself: before a chunk is answered, before complete is, or never by us",
    ),
  UPLOAD_MAX_FILE_BYTES: whole(tebibyte, 1).describe("The largest file that is taken"),
  UPLOAD_MAX_CHUNK_BYTES: whole(tebibyte, mebibyte).describe(
    "The largest chunk that is taken; a whole file may come as one, nothing of it is held in memory",
  ),
  UPLOAD_MAX_CHUNKS: z.coerce
    .number()
    .int()
    .min(1)
    .max(maxTotalChunks)
    .default(maxTotalChunks)
    .describe("The most chunks a file may come in"),
  UPLOAD_MAX_OPEN: whole(1000, 1).describe("Uploads that one client may have begun and not completed"),
  UPLOAD_IDLE_SECONDS: seconds(week).describe(
    "An upload that nothing came to for so long is forgotten and its space is free again",
  ),
  UPLOAD_JANITOR_SECONDS: seconds(3600).describe(
    "How often folders, rows and videos are compared; GET /upload/janitor says what would be done",
  ),
  UPLOAD_STALL_SECONDS: seconds(60).describe("A sender that brings less than 1 KiB in so many seconds is given up"),
  UPLOAD_LADDER_RATIO: z.coerce
    .number()
    .min(0)
    .default(1)
    .describe("Room that is kept for what is made of a file, in sizes of the file"),
  UPLOAD_FROM_URL: z.enum(["on", "off"]).default("on").describe("Whether files are fetched from addresses at all"),
  UPLOAD_FROM_URL_ALLOW: parsed("", parseAllowedTargets).describe(
    "Hosts, addresses and CIDR ranges that files are fetched from although they are not public",
  ),
  UPLOAD_FROM_URL_AT_ONCE: whole(2, 1).describe("Files that are fetched at the same time; the others wait"),
  UPLOAD_TRUSTED_PROXIES: parsed("127.0.0.0/8, ::1", parseProxies).describe(
    "Addresses and networks whose X-Forwarded-For is believed when open uploads are counted per client",
  ),
  DISK_LOW_WATER_BYTES: whole(512 * mebibyte).describe("Bytes of the disk that are never promised to an upload"),
});
export type UploadConfig = z.infer<typeof UploadConfig>;

/** The limits that were set. */
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

/** How sources are fetched from addresses; null where that is switched off. */
export function remoteSourcesOf(config: UploadConfig): RemoteSources | null {
  if (config.UPLOAD_FROM_URL === "off") return null;
  return {
    resolve: resolveBySystem,
    allowed: config.UPLOAD_FROM_URL_ALLOW,
    allowSetting: "UPLOAD_FROM_URL_ALLOW",
    ownAddresses: addressesOfThisMachine,
    atOnce: config.UPLOAD_FROM_URL_AT_ONCE,
    answerSeconds: 30,
    maxTries: 20,
  };
}
