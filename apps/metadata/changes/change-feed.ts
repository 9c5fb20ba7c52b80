/** Follows the changes of videos and captions from any point, across disconnects of the follower. */
import type { MetadataDeps } from "../deps.ts";
import type { Change } from "./store.ts";

/** Changes are missing before this point: the follower has to compare everything. */
export interface Reset {
  kind: "reset";
  sequence: number;
}

const pageSize = 200;

/**
 * The changes after `after` and then each new one, until the signal aborts. Without `after`, only new ones. A `reset` with the
 * last sequence takes the place of changes that are not kept any more.
 */
export async function* followChanges(
  { changes }: Pick<MetadataDeps, "changes">,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Change | Reset> {
  let seen = after ?? (await changes.range()).last;
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  while (!signal.aborted) {
    const next = changes.next();
    const { first, last } = await changes.range();
    // Deleted beyond what was seen, also while a slow follower was connected; or the id is of another database.
    if ((first !== null && seen < first - 1) || seen > last) {
      seen = last;
      yield { kind: "reset", sequence: last };
    }
    const page = await changes.listAfter(seen, pageSize);
    for (const change of page) {
      seen = change.sequence;
      yield change;
    }
    if (page.length === 0) await Promise.race([next, aborted]);
  }
}
