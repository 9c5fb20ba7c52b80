/**
 * Which coding of a text a client is sent, RFC 9110 sections 8.4 and 12.5.3, and the coding itself. Only text that players
 * load again and again is coded; pictures, audio and segments are as small as they get.
 */
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { parseAccept } from "hono/utils/accept";
import { LRUCache } from "lru-cache";

export type Coding = "br" | "gzip";

/** In our order of preference: brotli makes a playlist about a third smaller than gzip does. */
const codings: readonly Coding[] = ["br", "gzip"];

const coded = new Set(["application/vnd.apple.mpegurl", "application/dash+xml", "text/vtt", "application/json"]);

/** True for a media type that has codings, and whose answers vary by Accept-Encoding. */
export const isCoded = (mediaType: string): boolean => coded.has(mediaType);

/**
 * The coding the client likes best of ours, or null for the text as it is, which is always acceptable to us: "a server MAY
 * ignore" a refusal of it.
 *
 * @example chooseCoding("gzip, deflate, br;q=0.5") // "gzip"
 */
export function chooseCoding(acceptEncoding: string | null | undefined): Coding | null {
  if (!acceptEncoding) return null;
  const known = choices.get(acceptEncoding);
  if (known) return known.coding;
  const coding = choose(acceptEncoding);
  if (acceptEncoding.length <= longestRemembered) choices.set(acceptEncoding, { coding });
  return coding;
}

/** Clients send few different headers, and to parse one costs a third of an answer. */
const choices = new LRUCache<string, { coding: Coding | null }>({ max: 256 });
const longestRemembered = 256;

function choose(acceptEncoding: string): Coding | null {
  const accepted = parseAccept(acceptEncoding.toLowerCase());
  const weightOf = (name: string): number | undefined => accepted.find(({ type }) => type === name)?.q;
  // "The asterisk '*' symbol matches any available content coding not explicitly listed."
  const rest = weightOf("*") ?? 0;
  const weights = codings.map((coding) => weightOf(coding) ?? rest);
  const best = Math.max(...weights);
  if (best <= 0 || (weightOf("identity") ?? 0) > best) return null;
  return codings[weights.indexOf(best)] ?? null;
}

/** Half of what the highest quality saves beyond gzip, in a tenth of its time. */
const brotliQuality = 5;

/** The text in this coding. */
export function encode(bytes: Uint8Array, coding: Coding): Blob {
  const encoded =
    coding === "gzip"
      ? gzipSync(bytes)
      : brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } });
  return new Blob([encoded as Uint8Array<ArrayBuffer>]);
}
