/**
 * Brings the marks in line with the rows, at start and every so often: for what was interrupted, restored from a copy, or
 * deleted since.
 */
import { privateMarks } from "@video-backend/access";
import { videoIdPattern } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { markPrivate, unmarkUnlessPrivate } from "./private-marks.ts";

/** Takes as long as there are private videos, not as long as there are videos. */
export async function restoreMarks(deps: Pick<MetadataDeps, "database" | "store">): Promise<void> {
  const { database, store } = deps;
  const rows = database.select({ hash: videos.hash }).from(videos).where(eq(videos.visibility, "private")).all();
  const marked = new Set(await store.list(privateMarks));
  for (const { hash } of rows) if (!marked.delete(hash)) await markPrivate(deps, hash);
  for (const hash of marked) if (videoIdPattern.test(hash)) await unmarkUnlessPrivate(deps, hash);
}
