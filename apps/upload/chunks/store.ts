/** The store of chunks. `chunks.suite.ts` is its specification; an adapter per database implements it. */
import type { UploadRecord } from "../uploads/store.ts";

/** Which chunk it is. */
export interface ChunkName {
  uploadId: string;
  index: number;
}

/** A chunk that is acknowledged: its bytes are on the disk, in the source or in a file of their own. */
export interface ChunkRecord extends ChunkName {
  /** Where it starts in the source; null while its bytes are in a file of their own. */
  offsetBytes: number | null;
  /** The name of that file in the folder of the upload; null when they are in the source. */
  spool: string | null;
  sizeBytes: number;
  /** Epoch seconds. */
  receivedAt: number;
}

export type WholeChunk = Pick<ChunkRecord, "offsetBytes" | "spool" | "sizeBytes">;

/** A chunk whose bytes are in the source. */
export interface InSource {
  index: number;
  offsetBytes: number;
  sizeBytes: number;
}

/** The nearest chunks in the source with a lower and a higher index. */
export interface Neighbours {
  before: InSource | null;
  after: InSource | null;
}

/** All that decides whether a chunk is accepted. */
export interface Situation {
  upload: UploadRecord;
  /** The chunk itself, if it is acknowledged already. */
  present: ChunkRecord | null;
  /** Acknowledged bytes of the other chunks. */
  otherBytes: number;
  /** True for the last chunk when all others are acknowledged. */
  isOnlyMissing: boolean;
}

/** A chunk in a file of its own, and where in the source it goes. */
export interface Move extends InSource {
  spool: string;
}

/** Every method is atomic; writes wait for the database as those in `Uploads` do. The cost of what every chunk needs does not grow with the number of chunks. */
export interface Chunks {
  find(name: ChunkName): Promise<ChunkRecord | null>;
  /** Null if there is no such upload. */
  inspect(name: ChunkName): Promise<Situation | null>;
  /** Of a chunk in the source, or of one that is not in it. */
  neighbours(name: ChunkName): Promise<Neighbours>;
  /** All of an upload, ascending by index; one each, however often it was sent. */
  list(uploadId: string): Promise<ChunkRecord[]>;
  /**
   * Acknowledges a chunk: adds it or replaces it, unless `check` throws, which is given the situation inside the transaction, or
   * null if the upload does not exist any more. Of one upload, one check and its write run at a time.
   *
   * @returns the chunk that it replaces
   */
  acknowledge(
    name: ChunkName,
    chunk: WholeChunk,
    check: (situation: Situation | null) => void,
  ): Promise<ChunkRecord | null>;
  /** These are in the source now. One that was replaced in the meantime is left as it is. */
  setMoved(uploadId: string, moves: readonly Move[]): Promise<void>;
  /** Deletes chunks whose bytes are lost, so that they are missing and sent again. `isLost` is synchronous and pure. */
  forget(uploadId: string, isLost: (chunk: ChunkRecord) => boolean): Promise<void>;
}
