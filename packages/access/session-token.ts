/**
 * The token of a session: `vbx_`, 24 random bytes, and an HMAC of them by the service key, so that a forged one is refused
 * without a question to metadata, and another service key ends all sessions. Who it stands for and until when is a row of
 * metadata's, found by the hash of the token, as with API keys.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const tokenForm = /^vbx_([A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{24})$/;
/** 18 bytes are 24 whole characters, so that no two spellings are one token. */
const macBytes = 18;

export function newSessionToken(serviceKey: string): string {
  const nonce = randomBytes(24).toString("base64url");
  return `vbx_${nonce}.${macOf(serviceKey, nonce)}`;
}

/** Whether the token was made with this service key. Any text may be given. */
export function isSessionToken(serviceKey: string, token: string): boolean {
  const [, nonce, mac] = tokenForm.exec(token) ?? [];
  if (nonce === undefined || mac === undefined) return false;
  return timingSafeEqual(Buffer.from(macOf(serviceKey, nonce)), Buffer.from(mac));
}

const macOf = (serviceKey: string, nonce: string): string =>
  createHmac("sha256", serviceKey).update(`session 1\n${nonce}`).digest().subarray(0, macBytes).toString("base64url");
