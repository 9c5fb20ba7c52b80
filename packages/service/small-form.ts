/**
 * Older clients send forms, newer ones JSON. A small form is converted to the JSON that it means before the validator sees it, so
 * that a route has one schema. An empty field of a form counts as absent.
 */
import type { MiddlewareHandler } from "hono";
import { messageOf, ServiceError } from "./errors.ts";
import { bodyEndedEarly, paced } from "./paced.ts";
import type { ServiceEnv } from "./router.ts";

const maxBytes = 64 * 1024;
const never = new AbortController().signal;

const formType = /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i;
const jsonType = /^application\/([a-z-.]+\+)?json\b/i;

/**
 * Reads a small body before the router does.
 *
 * @param stallSeconds as `paced`
 * @throws ServiceError `too_large` for more than any such form needs; `too_slow`; `malformed_request` for one that ends early or
 *   cannot be parsed, or is of another type
 */
export function smallForm(stallSeconds: number): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const { url, method, headers, body } = c.req.raw;
    if (!body) return next();
    if (Number(headers.get("content-length")) > maxBytes) throw tooLarge();
    const read = await readAll(body, stallSeconds);
    const type = headers.get("content-type") ?? "";
    if (!formType.test(type) && !jsonType.test(type)) {
      throw new ServiceError("malformed_request", `A form or JSON is expected; got ${type || "no content-type"}`);
    }
    const json = formType.test(type) ? await asJson(new Response(read, { headers: { "content-type": type } })) : null;
    c.req.raw = new Request(url, { method, headers, body: json ?? read });
    if (json !== null) c.req.raw.headers.set("content-type", "application/json");
    await next();
  };
}

async function readAll(body: AsyncIterable<Uint8Array>, stallSeconds: number): Promise<Blob> {
  const parts: BlobPart[] = [];
  let sizeBytes = 0;
  try {
    for await (const bytes of paced(body, { signal: never, stallSeconds })) {
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) throw tooLarge();
      parts.push(bytes as Uint8Array<ArrayBuffer>);
    }
  } catch (error) {
    throw bodyEndedEarly(error);
  }
  return new Blob(parts);
}

async function asJson(form: Response): Promise<string> {
  const fields = await form.formData().catch((error: unknown) => {
    throw new ServiceError("malformed_request", `The form cannot be read: ${messageOf(error)}`, { cause: error });
  });
  return JSON.stringify(Object.fromEntries([...fields].filter(([, value]) => value !== "")));
}

const tooLarge = (): ServiceError =>
  new ServiceError("too_large", `This form may have ${maxBytes} bytes; files go to /upload/chunk`);
