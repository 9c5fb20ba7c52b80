/** Finds an upload or says that there is none. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";

/** Old clients read these sentences; complete has one of its own. */
const notFound = {
  chunk: "Upload ID not found",
  complete: "Upload ID not found or missing metadata",
};

/** @throws ServiceError `not_found`, in the words of the request that asks */
export function findUpload(
  database: Pick<UploadDatabase, "select">,
  uploadId: string,
  asked: keyof typeof notFound = "chunk",
): UploadRow {
  const row = database.select().from(uploads).where(eq(uploads.id, uploadId)).get();
  if (!row) throw uploadNotFound(uploadId, asked);
  return row;
}

/** What is thrown, and what ends the work on an upload that is deleted meanwhile. */
export function uploadNotFound(uploadId: string, asked: keyof typeof notFound = "chunk"): ServiceError {
  return new ServiceError("not_found", notFound[asked], { details: { upload_id: uploadId } });
}
