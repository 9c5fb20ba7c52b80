/** A row as the contract shows it. */

import type { CaptionsRow } from "../database/schema.ts";
import type { Captions } from "./contract.ts";

export function presentCaptions(row: Omit<CaptionsRow, "hash" | "webvtt">): Captions {
  return { lang: row.lang, label: row.label, bytes: row.bytes, updated_at: row.updatedAt };
}
