/** Who sends a request, as far as admission counts. */
import { BlockList, isIP } from "node:net";
import type { ServiceContext } from "@video-backend/service";

/** Addresses that speak for others and say for whom, in X-Forwarded-For: the admin service's gateway is one. */
export type Proxies = Pick<BlockList, "check">;

/**
 * The proxies of a list such as `127.0.0.0/8, ::1`.
 *
 * @throws Error naming the part that is neither an address nor a network
 */
export function parseProxies(list: string): Proxies {
  const proxies = new BlockList();
  for (const part of list.split(",").map((text) => text.trim())) {
    if (part === "") continue;
    const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
    const bits = isIP(address) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (!isIP(address) || length > bits) {
      throw new Error(`${JSON.stringify(part)} is neither an address nor a network such as 10.0.0.0/8`);
    }
    proxies.addSubnet(address, length, familyOf(address));
  }
  return proxies;
}

/**
 * The address of the client; null where the runtime does not tell it. Each proxy adds to the right of X-Forwarded-For whom
 * it heard, so it is read from the right, as long as who says it is a proxy of ours: what stands further left anybody may
 * have written.
 */
export function clientOf({ proxies }: { proxies: Proxies }, c: ServiceContext): string | null {
  const peer = c.env?.clientAddress?.() ?? null;
  if (peer === null) return null;
  const named = (c.req.header("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
  let client = peer;
  for (const address of named.reverse()) {
    if (!proxies.check(client, familyOf(client)) || !isIP(address)) break;
    client = address;
  }
  return client;
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");
