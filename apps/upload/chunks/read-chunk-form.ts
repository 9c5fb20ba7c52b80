/**
 * Reads the multipart form of a chunk: the file part to disk at the pace of the disk, the fields to memory. The form
 * counts only when its closing boundary was read; a body that ends before it is an error, however much of the file came.
 */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { isServiceError, messageOf, ServiceError } from "@video-backend/service";
import busboy from "busboy";

/** Names of clients in the field are short; whatever is beyond these is no chunk. */
const limits = { fields: 20, fieldSize: 4096, files: 1, headerPairs: 50 };

/**
 * Writes the part named `file` to `path` and answers the other fields, of which the last of a name counts.
 *
 * @param onFile called with the fields that stand before the file; what it throws ends the reading, and so does the
 *   signal that it may answer
 * @throws ServiceError `malformed_request`, `invalid_request`, `storage_full`; a file may be left at `path`
 */
export async function readChunkForm(
  request: Request,
  path: string,
  onFile: (fields: Record<string, string>) => AbortSignal | undefined,
): Promise<Record<string, string>> {
  const fields = new Map<string, string>();
  const { body, form } = openForm(request);
  let written: Promise<void> | undefined;
  form.on("field", (name, value) => void fields.set(name, value));
  form.on("filesLimit", () => form.destroy(new ServiceError("invalid_request", "file: only one is expected")));
  form.on("file", (name, part) => {
    // A form that ends early ends its part with the same error, which is told once, by the form.
    part.on("error", () => {});
    try {
      if (name !== "file") throw new ServiceError("invalid_request", `${name}: a file is expected under the name file`);
      const ended = onFile(Object.fromEntries(fields));
      ended?.addEventListener("abort", () => form.destroy(ended.reason), { once: true });
      written = pipeline(part, createWriteStream(path));
      written.catch((error) => form.destroy(error));
    } catch (error) {
      form.destroy(error as Error);
    }
  });
  try {
    await pipeline(Readable.fromWeb(body), form);
    await written;
  } catch (error) {
    throw asServiceError(error);
  } finally {
    await Promise.allSettled([written]);
  }
  if (!written) throw new ServiceError("invalid_request", "file: a file is expected");
  return Object.fromEntries(fields);
}

function openForm(request: Request): { body: NodeReadableStream; form: busboy.Busboy } {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type) || !request.body) {
    throw new ServiceError(
      "malformed_request",
      `A multipart/form-data body with upload_id, index and file is expected; got ${type || "no content-type"}`,
    );
  }
  try {
    const form = busboy({ headers: { "content-type": type }, limits });
    // The same stream; node's own type for it has a few methods more.
    return { body: request.body as unknown as NodeReadableStream, form };
  } catch (error) {
    throw new ServiceError("malformed_request", `The multipart form cannot be read: ${messageOf(error)}`);
  }
}

/** What is neither ours nor the disk's is the sender's: a form that is cut off, or none at all. */
function asServiceError(error: unknown): unknown {
  if (isServiceError(error)) return error;
  const code = error instanceof Error && "syscall" in error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new ServiceError("storage_full", "No room left for this chunk", { cause: error });
  }
  if (code !== undefined) return error;
  return new ServiceError("malformed_request", `The multipart form ended early: ${messageOf(error)}`, { cause: error });
}
