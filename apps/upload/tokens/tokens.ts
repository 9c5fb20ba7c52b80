/**
 * Upload tokens: whoever bears one may send one upload, and read its state, without a key. Its row says which upload that is; the
 * row of the upload says whether it still takes bytes, so a token is spent by that, and a restart changes nothing.
 */
import { hashOfKey, isSameHash, keyIdOf, newUploadToken } from "@video-backend/access/api-key";
import { currentPrincipal, ServiceError, type UploadTokenVerifier } from "@video-backend/service";
import type { UploadDeps } from "../deps.ts";
import { isOpen } from "../uploads/state.ts";
import { type CreatedUploadToken, defaultTokenSeconds, type NewUploadToken } from "./contract.ts";
import type { TokenRecord } from "./store.ts";

/** Creates a token. Only its hash is stored. */
export async function createToken(
  { tokens, now }: Pick<UploadDeps, "tokens" | "now">,
  asked: NewUploadToken,
): Promise<CreatedUploadToken> {
  const token = newUploadToken();
  const sha256 = hashOfKey(token);
  const id = keyIdOf(sha256);
  const expiresAt = now() + (asked.expires_in_seconds ?? defaultTokenSeconds);
  const [maxBytes, title, visibility] = [asked.max_bytes ?? null, asked.title ?? null, asked.visibility ?? null];
  await tokens.create({ id, sha256, title, visibility, maxBytes, expiresAt });
  return { id, token, max_bytes: maxBytes, expires_at: expiresAt, title, visibility };
}

/** What it sent stays. @throws ServiceError `not_found` */
export async function revokeToken({ tokens }: Pick<UploadDeps, "tokens">, id: string): Promise<void> {
  if (!(await tokens.delete(id))) throw new ServiceError("not_found", "Upload token not found", { details: { id } });
}

/** How the middleware verifies tokens. */
export function createTokenVerifier({ tokens }: Pick<UploadDeps, "tokens">): UploadTokenVerifier {
  return {
    async verify(sha256) {
      const token = await tokens.find(keyIdOf(sha256));
      return token && isSameHash(token.sha256, sha256) ? token.id : null;
    },
  };
}

/**
 * The token of the request at hand; null if it has none.
 *
 * @throws ServiceError `unauthorized` if it was revoked, or has expired, since the request began
 */
export async function currentToken({ tokens }: Pick<UploadDeps, "tokens">): Promise<TokenRecord | null> {
  const principal = currentPrincipal();
  if (principal?.kind !== "uploadToken") return null;
  const token = await tokens.find(principal.id);
  if (!token) throw new ServiceError("unauthorized", "The upload token was revoked, or has expired");
  return token;
}

/** For a second upload with the same token. Its bearer continues the first one. */
export const tokenUsed = (uploadId: string | null): ServiceError =>
  new ServiceError("forbidden", "The upload token is for one upload, and has started it already", {
    details: { upload_id: uploadId },
  });

/**
 * Each verb on an upload that a token may use calls this before anything else. Others than bearers of tokens may use any upload.
 *
 * @param uploadId null while it is not known yet
 * @param asked of a complete upload the state is all that a token may still ask for
 * @returns the id, which a token tells if nothing else does
 * @throws ServiceError `forbidden` for another upload than the token's, and for a token that is spent
 */
export async function expectOwnUpload<Id extends string | null>(
  deps: Pick<UploadDeps, "tokens" | "uploads">,
  uploadId: Id,
  asked: "its state" | "bytes" = "bytes",
): Promise<Id | string> {
  const token = await currentToken(deps);
  if (!token) return uploadId;
  const own = token.uploadId;
  if (own === null || (uploadId !== null && uploadId !== own)) {
    throw new ServiceError("forbidden", "The upload token is for another upload", { details: { upload_id: own } });
  }
  const upload = asked === "bytes" ? await deps.uploads.find(own) : null;
  if (upload && !isOpen(upload)) {
    throw new ServiceError("forbidden", "The upload token is spent: its upload is complete");
  }
  return own;
}
