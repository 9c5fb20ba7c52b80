/** The verbs on API keys. */
import { apiKeyPattern, hashOfKey, isSameHash, keyIdOf, newApiKey } from "@video-backend/access/api-key";
import { isDatabaseBusy } from "@video-backend/database/busy";
import { type KeyVerifier, ServiceError, scopes } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import type { ApiKey, NewApiKey } from "./contract.ts";
import type { ApiKeyRecord } from "./store.ts";

type Deps = Pick<MetadataDeps, "apiKeys" | "now">;

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
  if (!(await apiKeys.revoke(id))) throw new ServiceError("not_found", "Key not found", { details: { id } });
}

export const listKeys = async ({ apiKeys }: Deps): Promise<ApiKey[]> => (await apiKeys.list()).map(presentKey);

/** @throws ServiceError `not_found` unless a key has this hash, is not revoked and has not expired */
export async function lookUpKey(deps: Deps, sha256: string): Promise<ApiKey> {
  const key = await findValidKey(deps, sha256);
  if (!key) throw new ServiceError("not_found", "No valid key has this hash", { details: { sha256 } });
  return presentKey(key);
}

/** How metadata itself verifies keys: by its own store. */
export function createOwnVerifier(deps: Deps): KeyVerifier {
  return { verify: (sha256) => findValidKey(deps, sha256) };
}

/** Null for a key that does not exist, is revoked or has expired. */
async function findValidKey({ apiKeys, now }: Deps, sha256: string): Promise<ApiKeyRecord | null> {
  const key = await apiKeys.find(keyIdOf(sha256));
  const isValid =
    key !== null &&
    isSameHash(key.sha256, sha256) &&
    key.revokedAt === null &&
    (key.expiresAt === null || now() < key.expiresAt);
  if (!isValid) return null;
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
