/** Requests that read like the line on the wire, against a service's own `fetch`. */
import type { ServiceApp } from "@video-backend/service";

export interface Reply {
  status: number;
  headers: Headers;
  /** Parsed JSON, or the text when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it
  body: any;
}

export interface RequestParts {
  json?: unknown;
  /** Sent as multipart, in this order. */
  form?: [name: string, value: string | File][] | Record<string, string | File>;
  body?: BodyInit;
  headers?: Record<string, string>;
}

/**
 * @example
 * const send = transcript(service);
 * expect(await send("GET /videos/nobody")).toMatchObject({ status: 404, body: { detail: "Video not found" } });
 */
export function transcript(service: Pick<ServiceApp, "fetch">) {
  return async (line: string, parts: RequestParts = {}): Promise<Reply> => {
    const [method, target] = line.split(" ") as [string, string];
    const headers = new Headers(parts.headers);
    let body = parts.body;
    if (parts.json !== undefined) {
      headers.set("content-type", "application/json");
      body = JSON.stringify(parts.json);
    }
    if (parts.form) {
      const form = new FormData();
      const fields = Array.isArray(parts.form) ? parts.form : Object.entries(parts.form);
      for (const [name, value] of fields) form.append(name, value);
      body = form;
    }
    const request = new Request(`http://service.test${target}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const response = await service.fetch(request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
