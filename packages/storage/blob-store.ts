/**
 * The port behind which originals and hls live. A key is a relative path of plain names joined by `/`, such as
 * `hls/{id}/720p/segment-00001.m4s`; every adapter refuses anything else (`checkedKey`), so that no name from outside can
 * leave its place. Whoever makes a key from outside input has checked its parts by pattern before; this is the second lock.
 */

/** What every adapter promises; `blob-store.suite.ts` holds each of them to it. */
export interface BlobStore {
  /** The stored bytes, read lazily and sliceable, or null when there are none. */
  open(key: string): Promise<StoredBlob | null>;
  /**
   * What `open` answers, at once: only of a store where looking costs microseconds, as in a local directory. A server of
   * files that has to wait for each look spends most of its time waiting.
   */
  peek?(key: string): StoredBlob | null;
  /** Writes whole or not at all: a reader sees the former content or the new one, never a part. */
  put(key: string, content: Blob | string | Uint8Array<ArrayBuffer>): Promise<void>;
  /**
   * Takes over a finished local file, which is gone from its old place afterwards. Whole or not at all, like `put`: after a
   * failure, or an abort, the local file is as it was. It may take as long as a copy; the signal ends that.
   */
  adopt(localPath: string, key: string, signal?: AbortSignal): Promise<void>;
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
  /** Another one whenever the content is another: letters, digits and -. Known without reading the content. */
  version: string;
}
