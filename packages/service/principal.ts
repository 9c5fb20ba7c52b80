/** Who acts in a request: set by `access.ts`, in the log line, and read by verbs through `currentPrincipal`. */
import type { Scope } from "./scopes.ts";

/** Who acts in a request. */
export type Principal =
  /** No account is needed here: the route is for anybody, or the service runs with `AUTH=open`. */
  | { kind: "anybody" }
  | { kind: "key"; id: string; scopes: readonly Scope[] }
  /** Another service, and for whom it acts, as that service says. */
  | { kind: "service"; actingFor: string | null };

/** As it stands in the log: `key:1f0c…`, `service`, `service for key:1f0c…`. */
export function nameOfPrincipal(principal: Principal): string {
  if (principal.kind === "key") return `key:${principal.id}`;
  if (principal.kind === "anybody") return "anybody";
  return principal.actingFor === null ? "service" : `service for ${principal.actingFor}`;
}
