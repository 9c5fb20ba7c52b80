/**
 * API keys, service keys and upload tokens: a prefix and 32 random bytes. Nothing but their SHA-256 is stored or sent to ask about one; with so
 * much randomness a slow hash would add nothing. The id of a key is the beginning of its hash, and no secret.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export const newApiKey = (): string => `vb_${randomBytes(32).toString("base64url")}`;
export const newServiceKey = (): string => `vbs_${randomBytes(32).toString("base64url")}`;

/** For one upload of somebody who has no key; the upload service creates and verifies it. */
export const newUploadToken = (): string => `vbu_${randomBytes(32).toString("base64url")}`;

export const apiKeyPattern = /^vb_[A-Za-z0-9_-]{43}$/;
export const uploadTokenPattern = /^vbu_[A-Za-z0-9_-]{43}$/;

/** SHA-256 in lower-case hex. */
export const hashOfKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** The id of the key with this hash. */
export const keyIdOf = (sha256: string): string => sha256.slice(0, 16);

/** Whether two hashes of keys are the same, in a time that does not depend on where they differ. */
export function isSameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
