/**
 * How the other services verify keys: they ask metadata, and remember the answer for a few seconds, so that a revoked key is
 * refused everywhere within 5 s. While metadata is away, a key that was valid when it was last asked about stays valid.
 */
import {
  type ClientOptions,
  createClient,
  isServiceError,
  type KeyVerifier,
  messageOf,
  ServiceError,
  type VerifiedKey,
} from "@video-backend/service";
import { parseResponse } from "hono/client";
import { LRUCache } from "lru-cache";
import type { MetadataRoutes } from "../routes.ts";
import type { LookedUpKey } from "./contract.ts";

/** With the second that a question may take, within the 5 s that are promised. */
const freshSeconds = 3;
const maxRemembered = 10_000;

/**
 * @param call carries the questions, with the service key
 * @param now epoch seconds
 */
export function createKeyVerifier(
  metadataUrl: string,
  call: NonNullable<ClientOptions["fetch"]>,
  now: () => number = () => Date.now() / 1000,
): KeyVerifier {
  const options = { baseUrl: metadataUrl, name: "Metadata service", timeoutSeconds: 1, retries: 0, fetch: call };
  const metadata = createClient<MetadataRoutes>(options);
  const remembered = new LRUCache<string, { key: LookedUpKey; askedAt: number }>({ max: maxRemembered });
  const asking = new Map<string, Promise<VerifiedKey | null>>();

  function ifNotExpired({ id, name, scopes, session_id, expires_at }: LookedUpKey): VerifiedKey | null {
    const isExpired = expires_at !== null && now() >= expires_at;
    return isExpired ? null : { id, name, scopes, sessionId: session_id, expiresAt: expires_at };
  }

  async function ask(sha256: string): Promise<VerifiedKey | null> {
    const askedAt = now();
    try {
      const key = await parseResponse(metadata.keys.lookup.$get({ query: { sha256 } }));
      remembered.set(sha256, { key, askedAt });
      return ifNotExpired(key);
    } catch (error) {
      if (isServiceError(error, "not_found") && error.details.sha256 === sha256) {
        remembered.delete(sha256);
        return null;
      }
      const before = remembered.get(sha256);
      if (!before) {
        throw new ServiceError("unavailable", `The key cannot be verified now: ${messageOf(error)}`, { cause: error });
      }
      before.askedAt = askedAt;
      return ifNotExpired(before.key);
    }
  }

  return {
    async verify(sha256) {
      const known = remembered.get(sha256);
      if (known && now() - known.askedAt < freshSeconds) return ifNotExpired(known.key);
      const asked = asking.get(sha256) ?? ask(sha256).finally(() => asking.delete(sha256));
      asking.set(sha256, asked);
      return asked;
    },
  };
}
