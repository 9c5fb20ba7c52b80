/** Who acts in a request: set by `access.ts`, in the log line, and read by verbs through `currentPrincipal`. */
import type { Scope } from "./scopes.ts";

/** Who acts in a request. */
export type Principal =
  /** No account is needed here: the route is for anybody, or the service runs with `AUTH=open`. */
  | { kind: "anybody" }
  | KeyPrincipal
  /** Who has an upload token, which is for one upload; the upload service knows for which. */
  | { kind: "uploadToken"; id: string }
  /** Another service, and for whom it acts, as that service says. */
  | { kind: "service"; actingFor: string | null };

/** Whoever has an API key, or logged in with one. */
export interface KeyPrincipal {
  kind: "key";
  /** Of the key. */
  id: string;
  name: string;
  scopes: readonly Scope[];
  /** The session that the key was exchanged for; null for the key itself. */
  sessionId: string | null;
  /** Of the key, or of the session, in epoch seconds; null if it does not expire. */
  expiresAt: number | null;
}

/** As it stands in the log: `key:1f0c…`, `key:1f0c… session:97aa…`, `upload token:5e1d…`, `service`, `service for key:1f0c…`. */
export function nameOfPrincipal(principal: Principal): string {
  if (principal.kind === "key") {
    return principal.sessionId === null ? `key:${principal.id}` : `key:${principal.id} session:${principal.sessionId}`;
  }
  if (principal.kind === "uploadToken") return `upload token:${principal.id}`;
  if (principal.kind === "anybody") return "anybody";
  return principal.actingFor === null ? "service" : `service for ${principal.actingFor}`;
}
