/** The store behind the feed of changes. `changes.suite.ts` is its specification; an adapter per database implements it. */

export const changeKinds = ["video.created", "video.updated", "video.deleted", "captions.changed"] as const;
export type ChangeKind = (typeof changeKinds)[number];

export interface Change {
  /** Ascends in the order of the commits. */
  sequence: number;
  kind: ChangeKind;
  hash: string;
}

/**
 * Changes are added by the stores of videos and captions, in the transaction of the change itself: nothing is in the feed that
 * did not happen, and nothing that happened is left out. The newest 10,000 are kept.
 */
export interface Changes {
  /** The first and the last sequence that is kept; null and 0 if there is none. */
  range(): Promise<{ first: number | null; last: number }>;
  /** The next changes after a sequence, ascending, at most `limit`. */
  listAfter(sequence: number, limit: number): Promise<Change[]>;
  /** Resolves when a change is committed after this call. */
  next(): Promise<void>;
}
