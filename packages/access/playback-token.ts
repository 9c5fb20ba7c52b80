/**
 * A playback token: `{kid}.{expiry}.{mac}`, for all files of one video until a time. The expiry is in epoch seconds, base
 * 36; the mac is HMAC-SHA256, cut to 144 bits, in base64url, over everything that the token means. 144 and not 128: 18
 * bytes are 24 whole characters, so that no two spellings are one token.
 *
 * Nothing but key, video and expiry goes in. Tokens of the same three are the same text, so that viewers may share one,
 * and with it what a cache has stored under it.
 */
import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import type { PlaybackKey } from "./playback-key.ts";

const tokenForm = /^([A-Za-z0-9_-]{1,32})\.([0-9a-z]{1,10})\.([A-Za-z0-9_-]{24})$/;
const macBytes = 18;

/** Compared against where a token names no key, so that this takes as long as a wrong mac does. */
const nobody = randomBytes(32);

/**
 * Signs with the first key.
 *
 * @param expiresAt epoch seconds, whole; the token is no longer valid from then on
 * @throws Error without keys
 */
export function signPlaybackToken(keys: readonly PlaybackKey[], videoId: string, expiresAt: number): string {
  const [key] = keys;
  if (!key) throw new Error("There is no key to sign playback tokens with");
  if (!Number.isSafeInteger(expiresAt) || expiresAt < 0) throw new Error(`Not a time in whole seconds: ${expiresAt}`);
  const expiry = expiresAt.toString(36);
  return `${key.kid}.${expiry}.${macOf(key.secret, key.kid, expiry, videoId)}`;
}

/**
 * Whether the token is one of ours, for this video, and not expired. Any text may be given.
 *
 * @param now epoch seconds
 */
export function verifyPlaybackToken(
  keys: readonly PlaybackKey[],
  token: string,
  { videoId, now }: { videoId: string; now: number },
): boolean {
  const [, kid, expiry, mac] = tokenForm.exec(token) ?? [];
  if (kid === undefined || expiry === undefined || mac === undefined) return false;
  const key = keys.find((candidate) => candidate.kid === kid);
  const expected = macOf(key?.secret ?? nobody, kid, expiry, videoId);
  const signed = timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
  return key !== undefined && signed && now < Number.parseInt(expiry, 36);
}

/** When a token that was verified expires, in epoch seconds. */
export const playbackTokenExpiry = (token: string): number => Number.parseInt(token.split(".")[1] ?? "", 36);

/** None of the parts can hold a line break, so that no two meanings have one text. */
function macOf(secret: KeyObject | Buffer, kid: string, expiry: string, videoId: string): string {
  const meaning = `playback 1\n${kid}\n${expiry}\n${videoId}`;
  return createHmac("sha256", secret).update(meaning).digest().subarray(0, macBytes).toString("base64url");
}
