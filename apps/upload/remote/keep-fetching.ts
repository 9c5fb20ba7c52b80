/**
 * The background loop that fetches sources from their addresses: a few at once, the others wait. What is to be fetched is
 * in the rows alone, so a restart forgets nothing.
 */
import { messageOf, repeat } from "@video-backend/service";
import { and, asc, eq, isNotNull, lte, notInArray } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { inTurn, isInTurn } from "../uploads/complete-upload.ts";
import { fetchSource } from "./fetch-source.ts";
import type { RemoteSources } from "./request-once.ts";

/** The fetches that run, by upload. */
export type Running = Map<string, Promise<void>>;

const isWanted = and(eq(uploads.state, "receiving"), isNotNull(uploads.sourceUrl), eq(uploads.fetchGivenUp, false));

/** Starts what is due, as far as there is room beside what runs. A fetch that ends leaves `running` by itself. */
export function startFetches(deps: UploadDeps, remote: RemoteSources, running: Running): void {
  const due = deps.database
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isWanted, lte(uploads.nextTryAt, deps.now()), notInArray(uploads.id, [...running.keys()])))
    .orderBy(asc(uploads.nextTryAt), asc(uploads.createdAt))
    .all();
  const started = due.filter(({ id }) => !isInTurn(deps, id)).slice(0, Math.max(0, remote.atOnce - running.size));
  for (const { id } of started) {
    const fetched = inTurn(deps, id, (ended) => fetchSource(deps, remote, id, ended))
      .catch((error: unknown) => deps.log.info({ uploadId: id, reason: messageOf(error) }, "a fetch was ended"))
      .finally(() => running.delete(id));
    running.set(id, fetched);
  }
  keepWanted(deps);
}

/** What waits for its turn, or for its next try, does not lie still: it must not expire for it. */
function keepWanted({ database, limits, now }: UploadDeps): void {
  const isStale = lte(uploads.updatedAt, now() - limits.idleSeconds / 4);
  database.update(uploads).set({ updatedAt: now() }).where(and(isWanted, isStale)).run();
}

/** Looks for what is due every so many seconds until the signal aborts, and resolves when nothing runs any more. */
export async function keepFetching(
  deps: UploadDeps,
  remote: RemoteSources,
  everySeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const running: Running = new Map();
  const start = async () => startFetches(deps, remote, running);
  await repeat(start, { everySeconds, log: deps.log, signal });
  await Promise.all(running.values());
}
