/**
 * Checks bytes against the digest that their sender announced: as hex, in a field `sha256`, or by RFC 9530,
 * `Content-Digest: sha-256=:base64:`. The bytes are read back from the file, so that the check covers the write, too.
 */
import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { ServiceError } from "@video-backend/service";

export interface Digest {
  algorithm: "sha256" | "sha512";
  /** Lower case. */
  hex: string;
}

const algorithms = { "sha-256": "sha256", "sha-512": "sha512" } as const;
const readBytes = 1024 * 1024;

/**
 * The digest of a Content-Digest header. Of several the strongest supported one counts.
 *
 * @throws ServiceError `invalid_request` for a header without a supported digest: one is never ignored silently
 */
export function parseContentDigest(header: string): Digest {
  const found = new Map<string, Digest>();
  for (const member of header.split(",")) {
    const [, name = "", base64 = ""] = /^\s*([a-z0-9-]+)=:([A-Za-z0-9+/]+={0,2}):\s*$/.exec(member) ?? [];
    if (!Object.hasOwn(algorithms, name)) continue;
    const algorithm = algorithms[name as keyof typeof algorithms];
    const hex = Buffer.from(base64, "base64").toString("hex");
    if (hex.length === (algorithm === "sha256" ? 64 : 128)) found.set(algorithm, { algorithm, hex });
  }
  const digest = found.get("sha512") ?? found.get("sha256");
  if (digest) return digest;
  throw new ServiceError(
    "invalid_request",
    "Content-Digest: sha-256=:…: or sha-512=:…: with the digest in base64 is expected (RFC 9530)",
    { details: { problems: [{ field: "content-digest", message: "sha-256 or sha-512 is expected" }] } },
  );
}

export const sha256Digest = (hex: string): Digest => ({ algorithm: "sha256", hex: hex.toLowerCase() });

/** The hash of a range of a file, in hex. */
export async function hashPart(
  file: FileHandle,
  { algorithm, start, sizeBytes }: { algorithm: Digest["algorithm"]; start: number; sizeBytes: number },
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  const buffer = new Uint8Array(Math.min(readBytes, Math.max(1, sizeBytes)));
  for (let done = 0; done < sizeBytes; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - done), start + done);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
  return hash.digest("hex");
}

/** The error for bytes that differ from their digest: 422. */
export function digestMismatch(what: string, expected: Digest, got: string): ServiceError {
  return new ServiceError(
    "digest_mismatch",
    `${what}: the received bytes are not those that were sent (${expected.algorithm} ${got}, ${expected.hex} was ` +
      "announced); they were not accepted, send them again",
    { details: { algorithm: expected.algorithm, expected: expected.hex, got } },
  );
}
