/** When an upload that lies still is forgotten. */
import type { UploadRow } from "../database/schema.ts";
import type { Limits } from "./limits.ts";

/** Epoch seconds; null for one that is complete, which stays. */
export function expiresAt(upload: Pick<UploadRow, "state" | "updatedAt">, limits: Limits): number | null {
  return upload.state === "receiving" ? upload.updatedAt + limits.idleSeconds : null;
}
