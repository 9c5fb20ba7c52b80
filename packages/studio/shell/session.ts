/**
 * Who is logged in, and what the key allows. The session itself is a cookie that no script can read; it ends on the server,
 * and any answer 401 tells of that. Where the services need no key everybody may do everything.
 */
import { effect, signal } from "@preact/signals";
import { ask, Refusal, sentenceOf, unauthorized } from "./ask.ts";
import { keepLooking } from "./keep-looking.ts";
import { settings } from "./settings.ts";

export const scopes = ["read", "upload", "write", "admin", "metrics"] as const;
export type Scope = (typeof scopes)[number];

export interface Session {
  scopes: readonly Scope[];
  /** The key that was logged in with; null where nobody needs one. */
  key: { id: string; name: string } | null;
  /** Epoch seconds. */
  expires_at: number | null;
}

export const needsKey = settings.auth === "keys";

/** Null while nobody is logged in, undefined before that is known. */
export const session = signal<Session | null | undefined>(
  needsKey ? undefined : { scopes, key: null, expires_at: null },
);
/** Why it is not known; null where it is. */
export const sessionFault = signal<string | null>(null);

export const may = (scope: Scope): boolean => session.value?.scopes.includes(scope) ?? false;

const retrySeconds = 2;

/** Finds out whether somebody is logged in. Called once. */
export function watchSession(): void {
  if (!needsKey) return;
  let seen = unauthorized.peek();
  effect(() => {
    if (unauthorized.value !== seen) session.value = null;
    seen = unauthorized.value;
  });
  const looking = keepLooking(async (signal) => {
    try {
      session.value = await ask<Session>("/session", { signal });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) session.value = null;
      else sessionFault.value = sentenceOf(error);
    }
    if (session.value === undefined) return retrySeconds;
    sessionFault.value = null;
    looking.stop();
    return null;
  });
}

/** Exchanges a key for a session. The key is kept nowhere. @throws Refusal in the server's words */
export async function logIn(key: string): Promise<void> {
  session.value = await ask<Session>("/session", { method: "POST", headers: { authorization: `Bearer ${key}` } });
}

/** @throws Refusal where the session could not be ended */
export async function logOut(): Promise<void> {
  try {
    await ask("/session", { method: "DELETE" });
  } catch (error) {
    // It had ended already.
    if (!(error instanceof Refusal && error.status === 401)) throw error;
  }
}

/** Resolves while somebody is logged in; rejects with the signal's reason. */
export function untilLoggedIn(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let end = () => {};
    const abort = () => {
      end();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    end = session.subscribe((current) => {
      if (!current) return;
      signal.removeEventListener("abort", abort);
      queueMicrotask(() => end());
      resolve();
    });
  });
}
