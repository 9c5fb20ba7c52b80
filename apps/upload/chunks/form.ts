/**
 * Reads the multipart form of a chunk: the file part goes to whoever takes it, at his pace, the fields to memory. The form
 * counts only when its closing boundary was read; a body that ends before it is an error, however much of the file came.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { messageOf, paced, ServiceError } from "@video-backend/service";
import { asServiceError } from "./body.ts";

/** Names of clients in the field are short; whatever is beyond these is no chunk. */
const limits = { fields: 20, fieldSize: 4096, files: 1, headerPairs: 50 };

/**
 * Hands the part named `file` to `take` and answers the other fields, of which the last of a name counts.
 *
 * @param take called with the fields that stand before the file; it reads the part to its end. What it throws ends the
 *   reading
 * @param stallSeconds as `paced`; a sender may also stop before the file, or before the end of the form
 * @throws ServiceError `malformed_request`, `invalid_request`, `too_slow`; what `take` throws
 */
export async function readChunkForm(
  request: Request,
  stallSeconds: number,
  take: (fields: Record<string, string>, part: Readable) => Promise<void>,
): Promise<Record<string, string>> {
  const fields = new Map<string, string>();
  const { body, form } = openForm(request);
  // A form that is given up must not wait for what its sender may never send.
  const closed = new AbortController();
  form.once("close", () => closed.abort());
  let taken: Promise<void> | undefined;
  form.on("field", (name, value) => void fields.set(name, value));
  form.on("filesLimit", () => form.destroy(new ServiceError("invalid_request", "file: only one is expected")));
  form.on("file", (name, part) => {
    // A form that ends early ends its part with the same error, which is told once, by the form.
    part.on("error", () => {});
    if (name !== "file") {
      form.destroy(new ServiceError("invalid_request", `${name}: a file is expected under the name file`));
      return;
    }
    taken = take(Object.fromEntries(fields), part);
    taken.catch((error) => form.destroy(error));
  });
  try {
    await pipeline(Readable.from(paced(body, { signal: closed.signal, stallSeconds })), form);
    await taken;
  } catch (error) {
    throw asServiceError(error);
  } finally {
    await Promise.allSettled([taken]);
  }
  if (!taken) throw new ServiceError("invalid_request", "file: a file is expected");
  return Object.fromEntries(fields);
}

function openForm(request: Request): { body: ReadableStream<Uint8Array>; form: Busboy } {
  const type = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type) || !request.body) {
    throw new ServiceError(
      "malformed_request",
      `A multipart/form-data body with upload_id, index and file is expected; got ${type || "no content-type"}`,
    );
  }
  try {
    const form = new Busboy({ headers: { "content-type": type }, limits });
    return { body: request.body, form };
  } catch (error) {
    throw new ServiceError("malformed_request", `The multipart form cannot be read: ${messageOf(error)}`);
  }
}
