/** What an operator may set for this service. */
import { rateControls } from "@video-backend/media";
import { settings } from "@video-backend/service";
import { z } from "zod";

export const TranscodingConfig = z.object({
  TRANSCODING_PORT: settings.port(8002),
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
  METADATA_URL: settings.url(8003),
  SEGMENT_SECONDS: z.coerce.number().int().min(1).max(10).default(4).describe("Length of a segment, whole seconds"),
  X264_PRESET: z
    .enum(["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"])
    .default("veryfast")
    .describe("x264's trade of time for size"),
  RATE_CONTROL: z
    .enum(rateControls)
    .default("quality")
    .describe("quality: constant quality below the caps of the ladder; bitrate: the ladder's mean bit rates"),
  ENCODER: z
    .enum(["auto", "h264_nvenc", "h264_qsv", "h264_vaapi", "libx264"])
    .default("auto")
    .describe("The video encoder; auto takes the first that works"),
  VAAPI_DEVICE: z
    .string()
    .regex(/^\/dev\/[A-Za-z0-9/_-]+$/)
    .default("/dev/dri/renderD128")
    .describe("The render node for VAAPI"),
  ENCODER_STALL_SECONDS: z.coerce
    .number()
    .min(1)
    .max(86_400)
    .default(60)
    .describe(
      "An ffmpeg or ffprobe that makes no progress (frames, bytes or time) for so long is ended, and has failed",
    ),
  DISK_LOW_WATER_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(512 * 1024 * 1024)
    .describe("Encoding waits while less than this is free"),
  TRANSCODE_CPUS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe("Processors that encoders may use; all without it"),
});

/**
 * Processes at a time and threads for each, from one budget of processors. Two processes of half the threads are as fast
 * as one of all, and a chunk that is wanted soon need not wait for a long one to end.
 */
export function divideProcessors(cpus: number): { processes: number; threads: number } {
  const processes = cpus < 2 ? 1 : Math.min(8, Math.max(2, Math.floor(cpus / 4)));
  return { processes, threads: Math.max(1, Math.ceil(cpus / processes)) };
}
