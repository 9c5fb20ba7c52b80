/** Begins an upload: a row and an empty source, once it is clear that the file can be taken. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { admit, type FoundRoom } from "../admission/admit.ts";
import { storageFull } from "../chunks/body.ts";
import type { NewUpload } from "../contract.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { checkFilename, storedName } from "./filename.ts";

/** What of an upload is known before its first byte. */
export interface Beginning {
  filename: string;
  title: string | null;
  totalChunks: number;
  fileSizeBytes: number | null;
  chunkSizeBytes: number | null;
  /** True for a source that comes as one stream. */
  isStream: boolean;
  sourceUrl: string | null;
  /** The address that it is begun from; null where it is not known. */
  client: string | null;
}

/**
 * The row comes first, since it is what promises room; a crash before the source is made leaves an upload that nobody
 * knows of, and that expires.
 *
 * @returns the id under which the bytes are to come
 * @throws ServiceError `invalid_path`, `unsupported_file_type`, `invalid_request`; `too_large`, `too_many`, `storage_full`
 *   when it cannot be taken, before anything is sent
 */
export async function beginUpload(deps: UploadDeps, beginning: Beginning): Promise<string> {
  checkFilename(beginning.filename);
  checkSizes(beginning);
  // What comes meanwhile counts twice, and never not at all.
  const promisedBytes = deps.room.promisedBytes();
  const found = { promisedBytes, freeBytes: await deps.disk.freeBytes() };
  const id = deps.newId();
  try {
    promise(deps, id, beginning, found);
    await makeSource(deps, id);
  } catch (error) {
    throw storageFull(error) ?? error;
  }
  return id;
}

/** No await between the question and the row: what is promised to one is seen by the next. */
function promise(
  { database, limits, now, room }: UploadDeps,
  id: string,
  beginning: Beginning,
  found: FoundRoom,
): void {
  database.transaction(
    (transaction) => {
      const promisedBytes = Math.max(found.promisedBytes, room.promisedBytes());
      admit(transaction, limits, beginning, { ...found, promisedBytes });
      const { isStream, ...known } = beginning;
      const [createdAt, updatedAt] = [now(), now()];
      const appendedBytes = isStream ? 0 : null;
      const row = { ...known, id, storedName: storedName(known.filename), appendedBytes, createdAt, updatedAt };
      transaction.insert(uploads).values(row).run();
    },
    { behavior: "immediate" },
  );
}

async function makeSource({ sources, database }: UploadDeps, id: string): Promise<void> {
  try {
    await sources.create(id);
  } catch (error) {
    database.delete(uploads).where(eq(uploads.id, id)).run();
    await sources.remove(id);
    throw error;
  }
}

/** A beginning as the form of init has it. */
export function beginningOf(form: NewUpload, client: string | null): Beginning {
  return {
    filename: form.filename,
    title: form.title ?? null,
    totalChunks: form.total_chunks,
    fileSizeBytes: form.file_size ?? null,
    chunkSizeBytes: form.chunk_size ?? null,
    isStream: false,
    sourceUrl: null,
    client,
  };
}

/** Sizes that contradict each other would let no chunk in; better said before the first one is sent. */
function checkSizes({ totalChunks, fileSizeBytes, chunkSizeBytes }: Beginning): void {
  if (chunkSizeBytes === null || totalChunks === 1) return;
  const gridBytes = chunkSizeBytes * (totalChunks - 1);
  if (chunkSizeBytes > 0 && (fileSizeBytes === null || gridBytes <= fileSizeBytes)) return;
  const sentence =
    chunkSizeBytes === 0
      ? "chunk_size: at least 1 is expected where there is more than one chunk"
      : `chunk_size: ${totalChunks - 1} chunks of ${chunkSizeBytes} bytes and a last one are more than file_size, ${fileSizeBytes}`;
  throw new ServiceError("invalid_request", sentence, {
    details: { problems: [{ field: "chunk_size", message: sentence }] },
  });
}
