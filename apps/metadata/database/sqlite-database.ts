/** `videos.db` as the adapters use it. */
import type { ServiceDatabase } from "@video-backend/database";
import type * as schema from "./schema.ts";

export type MetadataDatabase = ServiceDatabase<typeof schema>;
