/**
 * The mark of a private video follows its row, in an order that leaves no gap: it is there before the row says private,
 * and goes after the row has said public, or after the files have gone. What is interrupted leaves a mark too many, which
 * closes a video until marks are restored; never one too few.
 */
import { privateMark } from "@video-backend/access";
import { eq } from "drizzle-orm";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";

type Deps = Pick<MetadataDeps, "database" | "store">;

/** Call it before the row says private. */
export async function markPrivate({ store }: Pick<Deps, "store">, hash: string): Promise<void> {
  await store.put(privateMark(hash), "");
}

/** Takes the mark of a video away unless its row, or what is left of a deleted one's files, needs it. */
export async function unmarkUnlessPrivate({ database, store }: Deps, hash: string): Promise<void> {
  const row = database.select({ visibility: videos.visibility }).from(videos).where(eq(videos.hash, hash)).get();
  const needed = row ? row.visibility === "private" : await hasFiles(store, hash);
  if (!needed) await store.remove(privateMark(hash));
}

/** Whoever deletes a video's files may do it later than its row, as transcoding does when it hears of it. */
async function hasFiles(store: MetadataDeps["store"], hash: string): Promise<boolean> {
  return (await store.exists(`hls/${hash}`)) || (await store.exists(`originals/${hash}`));
}
