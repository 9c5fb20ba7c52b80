/**
 * Parses the multipart form of a chunk: streams the file part, with backpressure, and collects the fields. The form counts only
 * after its closing boundary; a body that ends before it is an error, however much of the file was received.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { messageOf, paced, ServiceError } from "@video-backend/service";
import { asServiceError } from "./body.ts";

/** A form beyond these is not a chunk. */
const limits = { fields: 20, fieldSize: 4096, files: 1, headerPairs: 50 };

/**
 * Calls `take` with the part named `file`, and returns the other fields, of which the last of a name counts.
 *
 * @param take called with the fields before the file; it reads the part to its end. If it throws, parsing stops
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
  // A form that failed must not wait for what its sender may never send.
  const closed = new AbortController();
  form.once("close", () => closed.abort());
  let taken: Promise<void> | undefined;
  form.on("field", (name, value) => void fields.set(name, value));
  form.on("filesLimit", () => form.destroy(new ServiceError("invalid_request", "file: only one is expected")));
  form.on("file", (name, part) => {
    // A form that ends early ends its part with the same error, which is thrown once, by the form.
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
