/** Takes a video's captions in a language away. */
import { captions } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { findCaptions, oneLanguage } from "./find-captions.ts";

/** @throws ServiceError `not_found`: Video not found, Captions not found */
export function deleteCaptions({ database, changes }: MetadataDeps, hash: string, lang: string): void {
  database.transaction(
    (transaction) => {
      findCaptions(transaction, hash, lang);
      transaction.delete(captions).where(oneLanguage(hash, lang)).run();
      changes.record(transaction, "captions.changed", hash);
    },
    { behavior: "immediate" },
  );
}
