/** The verbs on API keys and their sessions. */
import { apiKeyPattern, hashOfKey, isSameHash, keyIdOf, newApiKey } from "@video-backend/access/api-key";
import { newSessionToken } from "@video-backend/access/session-token";
import { isDatabaseBusy } from "@video-backend/database/busy";
import { type KeyVerifier, ServiceError, scopes, type VerifiedKey } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import type { ApiKey, LookedUpKey, NewApiKey } from "./contract.ts";
import type { ApiKeyRecord } from "./store.ts";

type Deps = Pick<MetadataDeps, "apiKeys" | "now">;
type SessionDeps = Pick<MetadataDeps, "apiKeys" | "sessions" | "now">;

/** The time of the last use is written at most so often. */
const touchEverySeconds = 60;

/** Creates a key. Only its hash is stored. */
export async function createKey(deps: Deps, { name, scopes, expires_in_seconds }: NewApiKey) {
  const key = newApiKey();
  const expiresAt = expires_in_seconds === undefined ? null : deps.now() + expires_in_seconds;
  return { ...presentKey(await saveKey(deps, key, { name, scopes, expiresAt })), key };
}

/** @throws ServiceError `not_found`: Key not found */
export async function revokeKey({ apiKeys }: Deps, id: string): Promise<void> {
  if (!(await apiKeys.revoke(id))) throw keyNotFound(id);
}

const keyNotFound = (id: string) => new ServiceError("not_found", "Key not found", { details: { id } });

export const listKeys = async ({ apiKeys }: Deps): Promise<ApiKey[]> => (await apiKeys.list()).map(presentKey);

/**
 * @param sha256 of a key, or of a session's token
 * @throws ServiceError `not_found` unless a key has this hash, is not revoked and has not expired
 */
export async function lookUpKey(deps: SessionDeps, sha256: string): Promise<LookedUpKey> {
  const found = await findValid(deps, sha256);
  if (!found) throw new ServiceError("not_found", "No valid key has this hash", { details: { sha256 } });
  return { ...presentKey(found.key), expires_at: found.expiresAt, session_id: found.sessionId };
}

/** How metadata itself verifies keys and sessions: by its own stores. */
export function createOwnVerifier(deps: SessionDeps): KeyVerifier {
  return {
    async verify(sha256): Promise<VerifiedKey | null> {
      const found = await findValid(deps, sha256);
      if (!found) return null;
      const { key, sessionId, expiresAt } = found;
      return { id: key.id, name: key.name, scopes: key.scopes, sessionId, expiresAt };
    },
  };
}

/**
 * Exchanges a key for a session, which ends with its key at the latest.
 *
 * @throws ServiceError `not_found`: Key not found; `conflict` where nobody needs a key
 */
export async function createSession(
  deps: SessionDeps & Pick<MetadataDeps, "keys">,
  { key_id: keyId, expires_in_seconds: seconds }: { key_id: string; expires_in_seconds: number },
) {
  if (!deps.keys) throw new ServiceError("conflict", "The services run with AUTH=open: nobody has to log in");
  const key = await deps.apiKeys.find(keyId);
  if (!key || !isValid(key, deps.now())) throw keyNotFound(keyId);
  const token = newSessionToken(deps.keys.serviceKey);
  const sha256 = hashOfKey(token);
  const expiresAt = Math.min(deps.now() + seconds, key.expiresAt ?? Number.POSITIVE_INFINITY);
  const { id } = await deps.sessions.create({ id: keyIdOf(sha256), sha256, keyId, expiresAt });
  return { id, token, expires_at: expiresAt };
}

/** @throws ServiceError `not_found`: Session not found */
export async function endSession({ sessions }: Pick<MetadataDeps, "sessions">, id: string): Promise<void> {
  if (!(await sessions.end(id))) throw new ServiceError("not_found", "Session not found", { details: { id } });
}

interface FoundKey {
  key: ApiKeyRecord;
  sessionId: string | null;
  expiresAt: number | null;
}

/** The valid key that has this hash, or whose session has it. */
async function findValid(deps: SessionDeps, sha256: string): Promise<FoundKey | null> {
  const key = await findValidKey(deps, keyIdOf(sha256));
  if (key) return isSameHash(key.sha256, sha256) ? { key, sessionId: null, expiresAt: key.expiresAt } : null;
  const session = await deps.sessions.find(keyIdOf(sha256));
  if (!session || !isSameHash(session.sha256, sha256) || deps.now() >= session.expiresAt) return null;
  const ofSession = await findValidKey(deps, session.keyId);
  return ofSession && { key: ofSession, sessionId: session.id, expiresAt: session.expiresAt };
}

const isValid = (key: ApiKeyRecord, now: number): boolean =>
  key.revokedAt === null && (key.expiresAt === null || now < key.expiresAt);

/** Null for a key that does not exist, is revoked or has expired. */
async function findValidKey({ apiKeys, now }: Deps, id: string): Promise<ApiKeyRecord | null> {
  const key = await apiKeys.find(id);
  if (!key || !isValid(key, now())) return null;
  if (now() - (key.lastUsedAt ?? 0) >= touchEverySeconds) {
    // Whoever holds the database does not keep keys from working.
    await apiKeys.touch(key.id).catch((error: unknown) => {
      if (!isDatabaseBusy(error)) throw error;
    });
  }
  return key;
}

/**
 * Sees to it that there is a key to begin with.
 *
 * @param given the operator's own key; it is created unless it exists, and stays revoked once it was
 * @returns a key that was made because there never was one, to be shown once; else null
 * @throws Error for a key of the operator's that is not of the form
 */
export async function createFirstKey(deps: Deps, given: string | undefined): Promise<string | null> {
  if (given !== undefined && !apiKeyPattern.test(given)) {
    throw new Error("ADMIN_API_KEY is not of the form of a key: vb_ and 43 letters, digits, - and _");
  }
  if (given === undefined && !(await deps.apiKeys.isEmpty())) return null;
  const key = given ?? newApiKey();
  await saveKey(deps, key, { name: "admin", scopes: [...scopes], expiresAt: null });
  return given === undefined ? key : null;
}

function saveKey(
  { apiKeys }: Deps,
  key: string,
  fields: Pick<ApiKeyRecord, "name" | "scopes" | "expiresAt">,
): Promise<ApiKeyRecord> {
  const sha256 = hashOfKey(key);
  return apiKeys.create({ id: keyIdOf(sha256), sha256, ...fields });
}

const presentKey = (key: ApiKeyRecord): ApiKey => ({
  id: key.id,
  name: key.name,
  scopes: key.scopes,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
});
