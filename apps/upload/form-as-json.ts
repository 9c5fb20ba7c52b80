/**
 * Clients in the field send forms, newer ones JSON. A small form is turned into the JSON that it means before the
 * validator sees it, so that a route has one schema. An empty field of a form counts as absent.
 */
import { messageOf, type ServiceEnv, ServiceError } from "@video-backend/service";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Limits } from "./admission/admit.ts";
import { asServiceError, paced } from "./chunks/body.ts";

const maxBytes = 64 * 1024;

/** Refuses what is larger than any such form needs to be, before it is read. */
export const smallBody: MiddlewareHandler<ServiceEnv> = bodyLimit({
  maxSize: maxBytes,
  onError: () => {
    throw new ServiceError("too_large", `This form may have ${maxBytes} bytes; files go to /upload/chunk`);
  },
});

const never = new AbortController().signal;

/**
 * Reads a small body before anybody else does, at a pace that its sender has to keep.
 *
 * @throws ServiceError `too_slow`; `malformed_request` for one that breaks off
 */
export function promptBody({ stallSeconds }: Pick<Limits, "stallSeconds">): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const { url, method, headers, body } = c.req.raw;
    if (body) c.req.raw = new Request(url, { method, headers, body: await readAll(body, stallSeconds) });
    await next();
  };
}

async function readAll(body: AsyncIterable<Uint8Array>, stallSeconds: number): Promise<Blob> {
  const parts: BlobPart[] = [];
  try {
    for await (const bytes of paced(body, { signal: never, stallSeconds }))
      parts.push(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw error instanceof Error && error.name === "BodyLimitError" ? error : asServiceError(error);
  }
  return new Blob(parts);
}

const formType = /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i;
const jsonType = /^application\/([a-z-.]+\+)?json\b/i;

/** @throws ServiceError `malformed_request` for a form that cannot be read, or a body of another kind */
export const formAsJson: MiddlewareHandler<ServiceEnv> = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (c.req.raw.body && !formType.test(type) && !jsonType.test(type)) {
    throw new ServiceError("malformed_request", `A form or JSON is expected; got ${type || "no content-type"}`);
  }
  if (formType.test(type)) {
    const form = await c.req.raw.formData().catch((error: unknown) => {
      throw new ServiceError("malformed_request", `The form cannot be read: ${messageOf(error)}`, { cause: error });
    });
    const headers = new Headers(c.req.raw.headers);
    headers.set("content-type", "application/json");
    headers.delete("content-length");
    const body = JSON.stringify(Object.fromEntries([...form].filter(([, value]) => value !== "")));
    c.req.raw = new Request(c.req.url, { method: c.req.method, headers, body });
  }
  await next();
};
