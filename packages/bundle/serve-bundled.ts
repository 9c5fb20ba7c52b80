/** A file of a bundle as an answer. Its name tells its content, so a browser may keep it for ever and never asks again. */
import type { BundledFile, Encoding } from "./bundle.ts";

/** The file in the smallest encoding that the request accepts. */
export function serveBundled(request: Request, { mediaType, bodies }: BundledFile): Response {
  const encoding = encodingFor(request.headers.get("accept-encoding") ?? "");
  const body = bodies[encoding];
  const headers = new Headers({
    "content-type": mediaType,
    "content-length": String(body.byteLength),
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    vary: "Accept-Encoding",
  });
  if (encoding !== "identity") headers.set("content-encoding", encoding);
  return new Response(request.method === "HEAD" ? null : body, { headers });
}

/** "A weight of 0 means not acceptable" (RFC 9110, 12.4.2). */
function encodingFor(accepted: string): Encoding {
  const acceptable = accepted
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(";")[0]?.trim());
  return (["br", "gzip"] as const).find((encoding) => acceptable.includes(encoding)) ?? "identity";
}
