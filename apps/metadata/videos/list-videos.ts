/** The library: sorted, searched, filtered, in pages. */
import { and, asc, count, desc, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import type { VideoQuery } from "../contract.ts";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { type ReadVideo, videoColumns } from "./video-columns.ts";

/** Every word of `q` must stand in the title, the description or the file name; letters of either case. */
export function listVideos({ database }: MetadataDeps, query: VideoQuery): { rows: ReadVideo[]; total: number } {
  const where = and(
    query.transcoding_status ? eq(videos.transcodingStatus, query.transcoding_status) : undefined,
    query.visibility ? eq(videos.visibility, query.visibility) : undefined,
    query.stopped ? eq(videos.stopped, Number(query.stopped)) : undefined,
    query.status ? inArray(shownStatus, query.status) : undefined,
    ...words(query.q).map(containsWord),
  );
  const rows = database
    .select(videoColumns)
    .from(videos)
    .where(where)
    .orderBy(...orders[query.sort])
    .limit(query.limit ?? -1)
    .offset(query.offset)
    .all();
  const total = database.select({ total: count() }).from(videos).where(where).get()?.total ?? 0;
  return { rows, total };
}

/** As `presentVideo` shows it. */
const shownStatus = sql`case when ${videos.stopped} = 1 and ${videos.transcodingStatus} <> 'completed' then 'stopped' else ${videos.transcodingStatus} end`;

const newestFirst = [desc(videos.createdAt), desc(videos.id)];
const orders: Record<VideoQuery["sort"], SQL[]> = {
  newest: newestFirst,
  oldest: [asc(videos.createdAt), asc(videos.id)],
  title: [sql`coalesce(${videos.title}, ${videos.filename}) collate nocase`, ...newestFirst],
  longest: [sql`${videos.duration} desc nulls last`, ...newestFirst],
  shortest: [sql`${videos.duration} asc nulls last`, ...newestFirst],
};

const words = (q: string | undefined): string[] => q?.split(/\s+/).filter((word) => word !== "") ?? [];

function containsWord(word: string): SQL | undefined {
  const pattern = `%${word.replace(/[\\%_]/g, "\\$&")}%`;
  const columns = [videos.title, videos.description, videos.filename];
  return or(...columns.map((column) => sql`${column} like ${pattern} escape '\\'`));
}
