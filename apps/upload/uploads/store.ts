/** The store of uploads. `uploads.suite.ts` is its specification; an adapter per database implements it. */

/** What each means, and who moves an upload between them: `state.ts`. */
export const uploadStates = ["receiving", "completing", "stored", "registered", "handed_over", "refused"] as const;
export type UploadState = (typeof uploadStates)[number];

/** More chunks than any known client sends; with 5 MiB each it is 500 GB. */
export const maxTotalChunks = 100_000;

/** Who may play the video; metadata's words. */
export const visibilities = ["public", "private"] as const;
export type Visibility = (typeof visibilities)[number];

/** An upload as it is stored. Times are epoch seconds with a fraction. */
export interface UploadRecord {
  id: string;
  /** As its user named it. */
  filename: string;
  /** The last part of its path below originals; null if that is `filename`. */
  storedName: string | null;
  title: string | null;
  totalChunks: number;
  /** Declared by the client; checked against the chunks at complete. */
  fileSizeBytes: number | null;
  /** Size of each chunk but the last, declared by the client: it gives a chunk its offset. */
  chunkSizeBytes: number | null;
  /** Sum of the acknowledged chunks; 0 for a stream. */
  receivedBytes: number;
  /** Up to where a source that is sent as one stream (tus, or fetched from a URL) is filled; null if it is sent in chunks. */
  appendedBytes: number | null;
  /** The URL that a source is fetched from. */
  sourceUrl: string | null;
  /** The ETag or Last-Modified of the bytes so far; null if a fetch cannot be resumed. */
  sourceValidator: string | null;
  /** True when the fetch is not tried again; `error` says why. */
  fetchGivenUp: boolean;
  /** The Upload-Metadata of a tus client, unchanged. */
  uploadMetadata: string | null;
  /** The address of the client that started it, for admission. */
  client: string | null;
  /** Of the video, as the upload token says; null for metadata's default. */
  visibility: Visibility | null;
  /** The largest file that the upload token allows; null without one. */
  maxBytes: number | null;
  state: UploadState;
  /** Of the whole source; null until it is stored. */
  sourceSizeBytes: number | null;
  /** What the client says the source hashes to; kept until it is checked, so that it is checked after a restart, too. */
  expectedSha256: string | null;
  /** SHA-256 of the whole source in lower-case hex; null until it was read. */
  sha256: string | null;
  /** True when metadata knows that hash. */
  sha256Told: boolean;
  /** Consecutive failures of the handover, or of the fetch without progress. */
  failedTries: number;
  /** The background loop does not retry before this. */
  nextTryAt: number;
  /** Why the last try failed, for people. */
  error: string | null;
  createdAt: number;
  updatedAt: number;
}

export type NewUploadRecord = Pick<
  UploadRecord,
  | "id"
  | "filename"
  | "storedName"
  | "title"
  | "totalChunks"
  | "fileSizeBytes"
  | "chunkSizeBytes"
  | "appendedBytes"
  | "sourceUrl"
  | "uploadMetadata"
  | "client"
  | "visibility"
  | "maxBytes"
>;

export type UploadFields = Partial<Omit<UploadRecord, "id" | "createdAt" | "updatedAt">>;

/** An update or a delete is made only while these hold; `undefined` is not checked. */
export interface Condition {
  states?: readonly UploadState[] | undefined;
  /** Only if the client has not declared a file size yet. */
  isSizeUnknown?: true | undefined;
  /** Only if it was not updated after this. */
  idleSince?: number | undefined;
}

/** An upload that expired and is deleted. Times are epoch seconds with a fraction. */
export interface ExpiredUploadRecord extends Pick<UploadRecord, "id" | "filename" | "title" | "createdAt"> {
  /** In chunks or as a stream. */
  receivedBytes: number;
  expiredAt: number;
}

/** The sizes of an upload, from which its claim on the disk follows. */
export type UploadSizes = Pick<
  UploadRecord,
  "id" | "fileSizeBytes" | "sourceSizeBytes" | "appendedBytes" | "receivedBytes"
>;

/** What admission needs to know of the uploads that exist. */
export interface Admission {
  /** Receiving uploads of the same client. */
  openOfClient: number;
  /** All that transcoding does not have yet. */
  unfinished: UploadSizes[];
}

/**
 * Every method is atomic. If another program holds the database, a write rejects with an error that `isDatabaseBusy`; one that
 * acknowledges bytes waits for it for a while first, since they would have to be sent again. The functions that are passed in are
 * synchronous; they run inside the transaction, and one that throws a ServiceError undoes it.
 */
export interface Uploads {
  /** Null if there is no such upload. */
  find(id: string): Promise<UploadRecord | null>;
  /**
   * Adds an upload unless `admit` throws. Of several at once, each sees the ones before.
   *
   * @param tokenId the upload token that starts it; each starts one
   * @returns false if the token has started an upload already, or is gone
   */
  create(upload: NewUploadRecord, admit: (existing: Admission) => void, tokenId?: string | null): Promise<boolean>;
  /** Changes fields if the condition holds. Null if it does not, or there is no such upload. */
  update(id: string, fields: UploadFields, condition?: Condition): Promise<UploadRecord | null>;
  /** Moves the end of a receiving stream, if it is at `from`. False if it is not. Waits for the database. */
  advance(id: string, from: number, to: number): Promise<boolean>;
  /**
   * Receiving to completing, unless `check` throws, which is given the indexes of the acknowledged chunks: from then on no byte is
   * taken. One that is completing already stays so. An expected hash is stored in either case. Null in any other state.
   * Waits for the database.
   */
  close(
    id: string,
    expectedSha256: string | null,
    check: (upload: UploadRecord, chunks: number[]) => void,
  ): Promise<UploadRecord | null>;
  /** Completing to stored; its chunks are deleted. Null in any other state. Waits for the database. */
  finish(id: string, source: { sourceSizeBytes: number; sha256: string | null }): Promise<UploadRecord | null>;
  /** Deletes an upload with its chunks if the condition holds. Answers it as it was; null if nothing was deleted. */
  delete(id: string, condition?: Condition): Promise<UploadRecord | null>;
  /** Deletes like `delete`, and keeps what is to be told of it until `forgetExpired`. */
  expire(id: string, condition: Condition): Promise<UploadRecord | null>;
  /** What is to be told of expired uploads, the first expired first. */
  listExpired(): Promise<ExpiredUploadRecord[]>;
  forgetExpired(id: string): Promise<void>;
  /** All uploads, in no order. */
  list(): Promise<Pick<UploadRecord, "id" | "state" | "filename" | "storedName" | "updatedAt">[]>;
  /** How many are receiving. */
  countOpen(): Promise<number>;
  /** The sizes of all that transcoding does not have yet. */
  listUnfinished(): Promise<UploadSizes[]>;
  /** Those that the background loop has to finish by now, the longest due first: complete was requested, or a tus stream is full. */
  listDue(now: number): Promise<string[]>;
  /** Fetches that are due by now, the longest due first. */
  listDueFetches(now: number): Promise<string[]>;
  /** Fetches that are still tried do not expire: those that were not updated after `staleSince` are updated now. */
  keepFetches(staleSince: number): Promise<void>;
  /** The oldest registered upload whose hash metadata does not know, without these. */
  nextUnhashed(except: readonly string[]): Promise<string | null>;
  /** Receiving uploads that were not updated after this, in no order. */
  listIdle(since: number): Promise<UploadRecord[]>;
  /** The first stored upload with the same hash, if it was created earlier. */
  findDuplicate(upload: UploadRecord): Promise<string | null>;
}
