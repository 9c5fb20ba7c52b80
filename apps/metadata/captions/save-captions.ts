/** Gives a video captions in a language, in place of those it had. Transcoding follows the feed and publishes them. */

import { captions } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { findVideo } from "../videos/find-video.ts";
import type { Captions } from "./contract.ts";
import { oneLanguage } from "./find-captions.ts";
import { normaliseCaptions } from "./normalise-captions.ts";
import { presentCaptions } from "./present-captions.ts";

export interface NewCaptions {
  hash: string;
  lang: string;
  /** Null: people see the language's name. */
  label: string | null;
  /** WebVTT or SubRip. */
  bytes: Uint8Array;
}

/** Two versions never have the same time, because it is by this that a follower tells them apart. */
const leastSecondsBetween = 0.001;

/**
 * Saving what is there already changes nothing and tells nobody.
 *
 * @throws ServiceError `not_found`: Video not found; `invalid_request` with the line that cannot be understood
 */
export function saveCaptions(
  { database, changes, now }: MetadataDeps,
  { hash, lang, label, bytes }: NewCaptions,
): Captions {
  findVideo(database, hash);
  const webvtt = normaliseCaptions(bytes);
  return database.transaction(
    (transaction) => {
      findVideo(transaction, hash);
      const before = transaction.select().from(captions).where(oneLanguage(hash, lang)).get();
      if (before?.webvtt === webvtt && before.label === label) return presentCaptions(before);
      const fields = {
        label,
        webvtt,
        bytes: new TextEncoder().encode(webvtt).length,
        updatedAt: Math.max(now(), (before?.updatedAt ?? 0) + leastSecondsBetween),
      };
      const saved = transaction
        .insert(captions)
        .values({ hash, lang, ...fields })
        .onConflictDoUpdate({ target: [captions.hash, captions.lang], set: fields })
        .returning()
        .get();
      changes.record(transaction, "captions.changed", hash);
      return presentCaptions(saved);
    },
    { behavior: "immediate" },
  );
}
