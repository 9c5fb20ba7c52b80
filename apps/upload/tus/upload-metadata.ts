/**
 * What a tus client says of its file in Upload-Metadata. Keys are the client's own and values any text: those that are
 * known here are checked as the fields of init are, the others are given back as they came and mean nothing.
 */
import { Metadata, type Upload } from "@tus/server";
import { invalidRequest, ServiceError } from "@video-backend/service";
import { z } from "zod";
import { NewUpload } from "../contract.ts";
import type { Beginning } from "../uploads/begin-upload.ts";

const Known = z.object({ title: NewUpload.shape.title });

/**
 * The upload that a creation asks for. The name of the file is `filename`, or `name` as some clients have it.
 *
 * @param upload as the library read it; without a size its length comes later
 * @throws ServiceError `invalid_request` where there is no name, or a title that is none
 */
export function beginningOf(upload: Pick<Upload, "size" | "metadata">, client: string | null): Beginning {
  const metadata = upload.metadata ?? {};
  const filename = metadata.filename || metadata.name;
  if (!filename) throw nameless();
  const known = Known.safeParse({ title: metadata.title || undefined });
  if (!known.success) throw invalidRequest("upload-metadata", known.error);
  return {
    filename,
    title: known.data.title ?? null,
    totalChunks: 1,
    fileSizeBytes: upload.size ?? null,
    chunkSizeBytes: null,
    isStream: true,
    sourceUrl: null,
    client,
  };
}

/** As a row keeps it; null where there is none. */
export const keptMetadata = ({ metadata }: Pick<Upload, "metadata">): string | null =>
  metadata ? Metadata.stringify(metadata) : null;

/** What `keptMetadata` kept. */
export const metadataFrom = (kept: string | null): Upload["metadata"] =>
  kept === null ? undefined : Metadata.parse(kept);

function nameless(): ServiceError {
  const message = "a filename is expected, its value in base64, such as: filename aG9saWRheS5tcDQ=";
  return new ServiceError("invalid_request", `Upload-Metadata: ${message}`, {
    details: { problems: [{ field: "upload-metadata", message }] },
  });
}
