/** Compares all videos' titles with what metadata has, page by page, for changes that were missed. */
import { messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { TranscodingDeps } from "../service.ts";
import { matchTitle } from "./match-title.ts";

/** Videos a question. */
const pageSize = 500;

/** What cannot be compared or matched at this time is logged, and found by the next comparison. */
export async function compareTitles(deps: TranscodingDeps): Promise<void> {
  try {
    for (let offset = 0; ; offset += pageSize) {
      const query = { limit: String(pageSize), offset: String(offset) };
      const { videos } = await parseResponse(deps.metadata.videos.$get({ query }));
      for (const { hash, title } of videos) {
        const job = deps.jobs.find(hash);
        if (job && job.title !== title) await matchTitle(deps, hash);
      }
      if (videos.length < pageSize) return;
    }
  } catch (error) {
    deps.log.warn({ reason: messageOf(error) }, "the titles could not be compared with metadata");
  }
}
