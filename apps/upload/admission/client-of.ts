/** Who sends a request, as far as admission counts. */
import type { ServiceContext } from "@video-backend/service";

/** A proxy on this machine, such as the admin service's gateway, speaks for others and says for whom. */
const loopback = /^(127\.|::1$|::ffff:127\.)/;

/** The address of the client; null where the runtime does not tell it. */
export function clientOf(c: ServiceContext): string | null {
  const peer = c.env?.clientAddress?.() ?? null;
  if (peer === null || !loopback.test(peer)) return peer;
  const forwarded = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim();
  return forwarded && forwarded.length <= 64 ? forwarded : peer;
}
