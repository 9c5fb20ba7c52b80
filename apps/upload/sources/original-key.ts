/** Where a finished source lies in the store. */
import type { UploadRow } from "../database/schema.ts";

/** `originals/{id}/{name}`; the name was checked at init, and the store checks the key once more. */
export function originalKey(upload: Pick<UploadRow, "id" | "filename" | "storedName">): string {
  return `originals/${upload.id}/${storedNameOf(upload)}`;
}

/** The name that the other services know the file by. */
export const storedNameOf = (upload: Pick<UploadRow, "filename" | "storedName">): string =>
  upload.storedName ?? upload.filename;
