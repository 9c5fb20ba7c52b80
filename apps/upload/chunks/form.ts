/**
 * Parses the multipart form of a chunk (RFC 7578): streams the file part, and collects the fields. The form counts only after its
 * closing boundary; a body that ends before it is an error, however much of the file was received.
 *
 * Not by a library: those that stream hand each piece through streams of their own, which made forms a third dearer than raw
 * chunks. Here a piece is searched once, and goes to the file as it came.
 */
import { paced, ServiceError } from "@video-backend/service";
import { parse } from "content-disposition";
import { asServiceError, bodyOf } from "./body.ts";

/** A form beyond these is not a chunk. */
const limits = { parts: 21, fieldBytes: 4096, headerBytes: 16 * 1024 };

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
  take: (fields: Record<string, string>, part: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<Record<string, string>> {
  const boundary = boundaryOf(request);
  const fields = new Map<string, string>();
  // A form that failed must not wait for what its sender may never send.
  const closed = new AbortController();
  const form = createFormReader(paced(bodyOf(request), { signal: closed.signal, stallSeconds }), boundary);
  let isTaken = false;
  try {
    for (let parts = 0; await form.hasPart(); parts++) {
      if (parts === limits.parts)
        throw new ServiceError("invalid_request", `At most ${limits.parts} parts are expected`);
      const { name, isFile } = partOf(await form.readTo(endOfHeaders, limits.headerBytes));
      if (!isFile) {
        fields.set(name, (await form.readTo(boundary, limits.fieldBytes)).toString());
        continue;
      }
      if (name !== "file") throw new ServiceError("invalid_request", `${name}: a file is expected under the name file`);
      if (isTaken) throw new ServiceError("invalid_request", "file: only one is expected");
      isTaken = true;
      await take(Object.fromEntries(fields), form.streamTo(boundary));
    }
  } catch (error) {
    throw asServiceError(error);
  } finally {
    closed.abort();
  }
  if (!isTaken) throw new ServiceError("invalid_request", "file: a file is expected");
  return Object.fromEntries(fields);
}

const crlf = Buffer.from("\r\n");
const endOfHeaders = Buffer.from("\r\n\r\n");

/** With what stands before it: a line break and two dashes. */
function boundaryOf({ headers }: Request): Buffer {
  const type = headers.get("content-type") ?? "";
  const [, quoted, plain] =
    /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (boundary !== undefined) return Buffer.from(`\r\n--${boundary}`);
  throw new ServiceError(
    "malformed_request",
    `A multipart/form-data body with upload_id, index and file is expected; got ${type || "no content-type"}`,
  );
}

/** @param head the lines between a boundary and the content of the part */
function partOf(head: Buffer): { name: string; isFile: boolean } {
  const [rest = "", ...lines] = head.toString().split("\r\n");
  if (rest.trim() !== "") throw malformed(`${JSON.stringify(rest)} follows a boundary`);
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(":")).trim().toLowerCase(), line]));
  const headerOf = (name: string) => headers.get(name)?.replace(/^[^:]*:\s*/, "") ?? "";
  const { type, parameters } = parse(headerOf("content-disposition"));
  const { name, filename } = parameters;
  if (type !== "form-data" || name === undefined) throw malformed("a part has no name");
  return { name, isFile: filename !== undefined || /^application\/octet-stream\b/i.test(headerOf("content-type")) };
}

const malformed = (what: string): ServiceError =>
  new ServiceError("malformed_request", `The multipart form cannot be read: ${what}`);

function createFormReader(body: AsyncIterator<Uint8Array>, boundary: Buffer) {
  /** What came and is not read yet. The line break before the first boundary is not sent. */
  let unread: Buffer = crlf;
  let isBegun = false;

  /** A piece is freed when the next one is asked for, so what is kept of it is copied. */
  async function readMore(): Promise<void> {
    const kept = Buffer.from(unread);
    const { value, done } = await body.next();
    if (done) throw new ServiceError("malformed_request", "The body ended early: the form has no closing boundary");
    const piece = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    unread = kept.length === 0 ? piece : Buffer.concat([kept, piece]);
  }

  /** The bytes before `end`, which is read, too. */
  async function readTo(end: Buffer, maxBytes: number): Promise<Buffer> {
    for (;;) {
      const at = unread.indexOf(end);
      if (at > maxBytes || (at < 0 && unread.length > maxBytes + end.length)) {
        throw malformed(`more than ${maxBytes} bytes where a field or headers are expected`);
      }
      if (at >= 0) {
        const bytes = Buffer.from(unread.subarray(0, at));
        unread = unread.subarray(at + end.length);
        return bytes;
      }
      await readMore();
    }
  }

  /** The same for any number of bytes, as they come. */
  async function* streamTo(end: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = unread.indexOf(end);
      const bytes = unread.subarray(0, at >= 0 ? at : unread.length - beginningOf(end, unread));
      unread = unread.subarray(at >= 0 ? at + end.length : bytes.length);
      if (bytes.length > 0) yield bytes;
      if (at >= 0) return;
      await readMore();
    }
  }

  return {
    readTo,
    streamTo,
    /** Call it before each part. After the last one the body is read to its end: what follows has no meaning. */
    async hasPart(): Promise<boolean> {
      // What stands before the first boundary has no meaning either.
      if (!isBegun) for await (const _ of streamTo(boundary));
      isBegun = true;
      while (unread.length < 2) await readMore();
      if (unread.toString("latin1", 0, 2) !== "--") return true;
      while (!(await body.next()).done);
      return false;
    },
  };
}

/** How many bytes at the end of `bytes` may be the beginning of `end`, which has a line break at its start only. */
function beginningOf(end: Buffer, bytes: Buffer): number {
  let at = bytes.indexOf(13, Math.max(0, bytes.length - end.length + 1));
  while (at >= 0 && !bytes.subarray(at).equals(end.subarray(0, bytes.length - at))) at = bytes.indexOf(13, at + 1);
  return at < 0 ? 0 : bytes.length - at;
}
