/** Finds an upload or says that there is none. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { Reads } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";

/** Old clients read these sentences; complete has one of its own. */
const notFound = {
  chunk: "Upload ID not found",
  complete: "Upload ID not found or missing metadata",
};

/** @throws ServiceError `not_found`, in the words of the request that asks */
export function findUpload(database: Reads, uploadId: string, asked: keyof typeof notFound = "chunk"): UploadRow {
  const row = database.select().from(uploads).where(eq(uploads.id, uploadId)).get();
  if (!row) throw uploadNotFound(uploadId, asked);
  return row;
}

/** What is thrown, and what ends the work on an upload that is deleted meanwhile. */
export function uploadNotFound(uploadId: string, asked: keyof typeof notFound = "chunk"): ServiceError {
  return new ServiceError("not_found", notFound[asked], { details: { upload_id: uploadId } });
}

/** An upload whose source is filled from its beginning on: by tus, or from an address. */
export type StreamRow = UploadRow & { appendedBytes: number };

export const isStream = (upload: UploadRow): upload is StreamRow => upload.appendedBytes !== null;

/** @throws ServiceError `not_found`; `conflict` for one that comes in chunks, or takes no more bytes */
export function expectOpenStream(database: Reads, uploadId: string): StreamRow {
  const upload = findUpload(database, uploadId);
  if (!isStream(upload)) {
    throw new ServiceError("conflict", "This upload comes in chunks; send them to /upload/{upload_id}/chunks/{index}", {
      details: { upload_id: uploadId },
    });
  }
  refuseClosed(upload, "bytes");
  return upload;
}

/** @throws ServiceError `conflict` for an upload that takes no more of these */
export function refuseClosed({ id, state }: UploadRow, what: "bytes" | "chunks"): void {
  if (state === "receiving") return;
  throw new ServiceError("conflict", `An upload that is ${state} takes no more ${what}`, {
    details: { upload_id: id, state, accepted: ["receiving"] },
  });
}
