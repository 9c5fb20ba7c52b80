/** The store of upload tokens. `tokens.suite.ts` is its specification; `Uploads.create` uses a token up. */
import type { UploadRecord } from "../uploads/store.ts";

export interface TokenRecord extends Pick<UploadRecord, "title" | "visibility" | "maxBytes"> {
  /** The beginning of the hash. */
  id: string;
  /** Of the token, in lower-case hex. */
  sha256: string;
  /** Epoch seconds with a fraction. */
  expiresAt: number;
  /** The upload that it started, which may be deleted since; null until then. */
  uploadId: string | null;
}

export interface Tokens {
  create(token: Omit<TokenRecord, "uploadId">): Promise<void>;
  /** Null if there is no such token, or it has expired. */
  find(id: string): Promise<TokenRecord | null>;
  /** False if there is no such token. */
  delete(id: string): Promise<boolean>;
  deleteExpired(): Promise<void>;
}
