/** Logging in and out: a key is exchanged for a session, which metadata keeps and the browser has as a cookie. */
import {
  isServiceError,
  type KeyPrincipal,
  type Principal,
  parseProxies,
  ServiceError,
  scopes,
} from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { AdminDeps, SessionTerms } from "../deps.ts";
import type { Session } from "./contract.ts";

/** What counts where nothing is set. */
export const defaultTerms: SessionTerms = { seconds: 12 * 3600, proxies: parseProxies("") };

/** The session, and the token of its cookie. @throws ServiceError unless a key, and no session, was sent */
export async function logIn(
  { services, sessions = defaultTerms }: Pick<AdminDeps, "services" | "sessions">,
  principal: Principal | undefined,
) {
  const key = keyOf(principal);
  if (!key) throw new ServiceError("conflict", "The services run with AUTH=open: nobody has to log in");
  if (key.sessionId !== null) throw new ServiceError("forbidden", "A session needs a key to begin with");
  const json = { key_id: key.id, expires_in_seconds: sessions.seconds };
  const created = await parseResponse(services.metadata.client.sessions.$post({ json }));
  return { token: created.token, session: { ...describeSession(key), expires_at: created.expires_at } };
}

/** What the caller may do. */
export function describeSession(principal: Principal | undefined): Session {
  const key = keyOf(principal);
  if (!key) return { scopes: [...scopes], key: null, expires_at: null };
  return { scopes: [...key.scopes], key: { id: key.id, name: key.name }, expires_at: key.expiresAt };
}

/** @throws ServiceError `not_found`: There is no session */
export async function logOut(
  { services }: Pick<AdminDeps, "services">,
  principal: Principal | undefined,
): Promise<void> {
  const id = keyOf(principal)?.sessionId ?? null;
  if (id === null) throw new ServiceError("not_found", "There is no session");
  try {
    await parseResponse(services.metadata.client.sessions[":id"].$delete({ param: { id } }));
  } catch (error) {
    // It has ended meanwhile.
    if (!isServiceError(error, "not_found")) throw error;
  }
}

const keyOf = (principal: Principal | undefined): KeyPrincipal | null => (principal?.kind === "key" ? principal : null);
