/**
 * The port behind which originals and hls live. A key is a relative path of plain names joined by `/`, such as
 * `hls/{id}/720p/segment-00001.m4s`; every adapter refuses anything else, so that no name from outside can leave its
 * place. Whoever makes a key from outside input has checked its parts by pattern before; this is the second lock.
 */

/** What every adapter promises; `blob-store.suite.ts` holds each of them to it. */
export interface BlobStore {
  /** The stored bytes, read lazily and sliceable, or null when there are none. */
  open(key: string): Promise<StoredBlob | null>;
  /** Writes whole or not at all: a reader sees the former content or the new one, never a part. */
  put(key: string, content: Blob | string | Uint8Array<ArrayBuffer>): Promise<void>;
  /** Takes over a finished local file, which is gone from its old place afterwards. Whole or not at all, like `put`. */
  adopt(localPath: string, key: string): Promise<void>;
  /** Removes a key or everything below it. Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /** True when there is something at or below the key. */
  exists(key: string): Promise<boolean>;
  /** The names directly below a key, in no order; none where there is no such folder. Meant for folders of few names. */
  list(key: string): Promise<string[]>;
  /** What ffmpeg can open: a path here, a signed address elsewhere. */
  locate(key: string): string;
  /** Resolves when the store takes writes, or answers reads where that is all one needs; else throws with a sentence. */
  check(need?: "writes" | "reads"): Promise<void>;
}

export interface StoredBlob {
  /** Lazy; `size` and `slice` cost nothing. */
  blob: Blob;
  sizeBytes: number;
  modifiedAt: Date;
}

/** Thrown for a key that is not of the form above. */
export class InvalidKeyError extends Error {
  override name = "InvalidKeyError";
}

/** The key itself when it is of the form above. */
export function checkedKey(key: string): string {
  const parts = key.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== ".." && !hasForbiddenCharacter(part));
  if (!plain || key.length > 1024) throw new InvalidKeyError(`Not a key: ${JSON.stringify(key.slice(0, 100))}`);
  return key;
}

/** Control characters, and the separator of other systems. */
function hasForbiddenCharacter(part: string): boolean {
  for (const character of part) if (character < " " || character === "\u007f" || character === "\\") return true;
  return false;
}
