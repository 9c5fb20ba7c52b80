/** `uploads.db` as the adapters use it. */
import type { ServiceDatabase } from "@video-backend/database";
import type * as schema from "./schema.ts";

export type UploadDatabase = ServiceDatabase<typeof schema>;

/** The operations on a transaction. */
export type Transaction = Pick<UploadDatabase, "select" | "insert" | "update" | "delete">;
