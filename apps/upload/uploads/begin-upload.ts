/** Begins an upload: an empty source and a row, once it is clear that the file can be taken. */
import { ServiceError } from "@video-backend/service";
import { admit } from "../admission/admit.ts";
import type { NewUpload } from "../contract.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";
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
 * @returns the id under which the bytes are to come
 * @throws ServiceError `invalid_path`, `unsupported_file_type`, `invalid_request`; `too_large`, `too_many`, `storage_full`
 *   when it cannot be taken, before anything is sent
 */
export async function beginUpload(deps: UploadDeps, beginning: Beginning): Promise<string> {
  checkFilename(beginning.filename);
  checkSizes(beginning);
  await admit(deps, beginning);
  const id = deps.newId();
  const { isStream, ...known } = beginning;
  await deps.sources.create(id);
  deps.database
    .insert(uploads)
    .values({
      ...known,
      id,
      storedName: storedName(known.filename),
      appendedBytes: isStream ? 0 : null,
      createdAt: deps.now(),
      updatedAt: deps.now(),
    })
    .run();
  return id;
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
