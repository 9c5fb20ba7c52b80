/** A key that signs playback tokens. The secret is held in a KeyObject, which shows nothing of it when it is printed. */
import { createSecretKey, type KeyObject } from "node:crypto";

export interface PlaybackKey {
  /** Names the key in the tokens that it signed; no secret. */
  kid: string;
  secret: KeyObject;
}

const kidPattern = /^[A-Za-z0-9_-]{1,32}$/;
/** As long as the hash's output; a longer one gives HMAC-SHA256 no more strength. */
const leastSecretBytes = 32;

/** @throws Error with a sentence that tells nothing of the secret */
export function playbackKey(kid: string, secret: string): PlaybackKey {
  if (!kidPattern.test(kid)) throw new Error("the name of a key is 1 to 32 letters, digits, - and _");
  const bytes = Buffer.from(secret, "utf8");
  if (bytes.length < leastSecretBytes)
    throw new Error(`the secret of key ${kid} has less than ${leastSecretBytes} bytes`);
  return { kid, secret: createSecretKey(bytes) };
}

/** @throws Error when two keys have one name, or there is none */
export function checkedKeys(keys: PlaybackKey[]): PlaybackKey[] {
  const names = new Set(keys.map(({ kid }) => kid));
  if (names.size < keys.length) throw new Error("two keys have the same name");
  if (keys.length === 0) throw new Error("there is no key");
  return keys;
}
