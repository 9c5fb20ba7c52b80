/**
 * Configuration: one zod schema a service, read once by its `main.ts`. All problems are told at once, a line each with
 * the sentence of the key, because being sent back three times for three keys is no way to start a server.
 */
import { resolve } from "node:path";
import { serviceKeySetting } from "@video-backend/access/service-key";
import { z } from "zod";
import { parseProxies } from "./client-address.ts";
import { loopbackOrigins, parseHosts, parseOrigins } from "./cross-origin.ts";
import { messageOf } from "./errors.ts";

/** A setting that is parsed by a function that throws a sentence. */
const parsed = <Value>(parse: (text: string) => Value) =>
  z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
      return z.NEVER;
    }
  });

/** Settings that more than one service has, so that a name and its default stand in one place. */
export const settings = {
  port: (fallback: number) =>
    z.coerce.number().int().min(1).max(65535).default(fallback).describe("The port this service listens on"),
  url: (port: number) =>
    z
      .url({ protocol: /^https?$/ })
      .default(`http://127.0.0.1:${port}`)
      .transform((url) => url.replace(/\/+$/, ""))
      .describe("Where that service answers, as seen from this one"),
  /** A list of origins with commas between, or `*`. */
  origins: (fallback: string) => parsed(parseOrigins).prefault(fallback),
  ALLOWED_ORIGINS: parsed(parseOrigins)
    .prefault(loopbackOrigins.join(","))
    .describe(
      "Pages of which origins may read and change everything: *, or such as https://app.example,http://localhost:*",
    ),
  ALLOWED_HOSTS: parsed(parseHosts)
    .optional()
    .describe(
      "What Host may name beside loopback: *, or such as video.example; without it everything, unless HOST is loopback",
    ),
  TRUSTED_PROXIES: parsed(parseProxies)
    .prefault("127.0.0.0/8, ::1")
    .describe("Addresses and networks whose X-Forwarded-For, -Proto and -Host are believed"),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe("The address by which browsers reach everything, behind one proxy, such as https://video.example"),
  HOST: z.string().min(1).default("127.0.0.1").describe("The address this service listens on"),
  AUTH: z
    .enum(["open", "keys"])
    .optional()
    .describe("Whether callers need a key; without it they do, unless HOST is loopback"),
  AUTH_OPEN_ON_NETWORK: z
    .enum(["yes", "no"])
    .default("no")
    .describe("yes: AUTH=open is meant although HOST is not loopback, since something else keeps callers out"),
  SERVICE_KEY: serviceKeySetting,
  RATE_LIMIT_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(12_000)
    .describe("Requests that a key, or else a client address, may make in a minute to one service; 0: any number"),
  FAILED_KEYS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(20)
    .describe("Different wrong keys that may come from one address in a minute; 0: any number"),
  // Absolute, since a relative one that begins with `-` or `http:` would be an option or an address to ffmpeg.
  STORAGE_DIR: z
    .string()
    .min(1)
    .default("./storage")
    .transform((directory) => resolve(directory))
    .describe("The directory of originals, hls and databases"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("How much is logged"),
};

/** Thrown for an environment that does not fit; its message has a line for each key. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/**
 * Reads a service's configuration. An empty value counts as absent, since compose files pass those. The value of a key
 * whose `meta` says `secret` is never shown.
 *
 * @throws ConfigError naming every key that does not fit, what it is for and what is wrong with it
 */
export function readConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: Record<string, string | undefined>,
): z.output<z.ZodObject<Shape>> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const key = String(issue.path[0]);
    const { description, secret } = (schema.shape[key] as z.ZodType | undefined)?.meta() ?? {};
    const value = secret ? "(secret)" : (present[key] ?? "");
    return `  ${key}=${value}: ${issue.message}${description ? ` (${description})` : ""}`;
  });
  throw new ConfigError(`The configuration does not fit:\n${lines.join("\n")}`);
}
