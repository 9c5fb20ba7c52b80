/** Finds an upload that comes as one stream, or says why there is none to append to. */
import { ServiceError } from "@video-backend/service";
import type { UploadDatabase } from "../database/open.ts";
import type { UploadRow } from "../database/schema.ts";
import { findUpload } from "../uploads/find-upload.ts";

/** An upload whose source is filled from its beginning on. */
export type StreamRow = UploadRow & { appendedBytes: number };

/** @throws ServiceError `not_found`; `conflict` for one that comes in chunks, or takes no more bytes */
export function expectOpenStream(database: Pick<UploadDatabase, "select">, uploadId: string): StreamRow {
  const upload = findUpload(database, uploadId);
  if (!isStream(upload)) {
    throw new ServiceError("conflict", "This upload comes in chunks; send them to /upload/{upload_id}/chunks/{index}", {
      details: { upload_id: uploadId },
    });
  }
  if (upload.state !== "receiving") {
    throw new ServiceError("conflict", `An upload that is ${upload.state} takes no more bytes`, {
      details: { upload_id: uploadId, state: upload.state, accepted: ["receiving"] },
    });
  }
  return upload;
}

export const isStream = (upload: UploadRow): upload is StreamRow => upload.appendedBytes !== null;
