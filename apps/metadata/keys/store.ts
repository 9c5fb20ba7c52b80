/** The stores of API keys and of their sessions. `keys.suite.ts` is their specification. */
import type { Scope } from "@video-backend/service/contract";

/** Times are epoch seconds with a fraction. */
export interface ApiKeyRecord {
  /** The beginning of the hash. */
  id: string;
  /** Of the key, in lower-case hex. */
  sha256: string;
  name: string;
  scopes: Scope[];
  createdAt: number;
  /** Null if it does not expire. */
  expiresAt: number | null;
  lastUsedAt: number | null;
  /** A revoked key is kept, so that it can never be valid again. */
  revokedAt: number | null;
}

export type NewApiKeyRecord = Pick<ApiKeyRecord, "id" | "sha256" | "name" | "scopes" | "expiresAt">;

export interface ApiKeys {
  /** Adds a key. One that exists, revoked or not, stays as it is. */
  create(key: NewApiKeyRecord): Promise<ApiKeyRecord>;
  /** Revoked and expired ones included; null if there never was one. */
  find(id: string): Promise<ApiKeyRecord | null>;
  /** Those that are not revoked, newest first. */
  list(): Promise<ApiKeyRecord[]>;
  /** False if there is no such key, or it is revoked already. */
  revoke(id: string): Promise<boolean>;
  /** Records that it is used at this moment. */
  touch(id: string): Promise<void>;
  /** Whether there never was a key. */
  isEmpty(): Promise<boolean>;
}

/** What an API key was exchanged for, so that it need not be kept. Times are epoch seconds with a fraction. */
export interface SessionRecord {
  /** The beginning of the hash. */
  id: string;
  /** Of the token, in lower-case hex. */
  sha256: string;
  keyId: string;
  createdAt: number;
  expiresAt: number;
}

export interface Sessions {
  /** Adds a session, and removes those that have expired. */
  create(session: Omit<SessionRecord, "createdAt">): Promise<SessionRecord>;
  /** Expired ones included; null if there is none, or it was ended. */
  find(id: string): Promise<SessionRecord | null>;
  /** False if there is no such session. */
  end(id: string): Promise<boolean>;
}
