/** API keys as the server lists them: the part of its contract that the pages read. */
import type { Scope } from "../shell/session.ts";

export type { Session } from "../shell/session.ts";

export interface ApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  /** Epoch seconds. */
  created_at: number;
  /** Null if it does not expire. */
  expires_at: number | null;
  /** To a minute; null if it was never used. */
  last_used_at: number | null;
}

export interface CreatedApiKey extends ApiKey {
  /** Shown once. */
  key: string;
}
