/** The address of the client behind a request, also behind trusted proxies. */
import { BlockList, isIP } from "node:net";
import type { ServiceContext } from "./router.ts";

/** Addresses whose X-Forwarded-For, -Proto and -Host are trusted: the admin service's gateway is one. */
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
 * Null if the runtime does not tell it. Each proxy appends its own client to X-Forwarded-For, so the header is read from the
 * right, as long as the sender is a trusted proxy: what is further left may be written by anybody.
 */
export function clientAddressOf(c: ServiceContext, proxies: Proxies): string | null {
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

/** Whether the client's own connection is encrypted: the one to this service, or, as a trusted proxy says, the one to it. */
export function isOverHttps(c: ServiceContext, proxies: Proxies): boolean {
  if (new URL(c.req.url).protocol === "https:") return true;
  const peer = c.env?.clientAddress?.() ?? null;
  const [protocol] = (c.req.header("x-forwarded-proto") ?? "").split(",");
  return peer !== null && proxies.check(peer, familyOf(peer)) && protocol?.trim().toLowerCase() === "https";
}

/**
 * The origin by which the client reached us, such as `https://video.example`: as a trusted proxy says in X-Forwarded-Proto and
 * X-Forwarded-Host, else as the request itself has it.
 */
export function requestedOrigin(c: ServiceContext, proxies: Proxies): string {
  const peer = c.env?.clientAddress?.() ?? null;
  const [named] = (c.req.header("x-forwarded-host") ?? "").split(",");
  const isTrusted = peer !== null && proxies.check(peer, familyOf(peer));
  const host = (isTrusted && named?.trim()) || new URL(c.req.url).host;
  const address = `${isOverHttps(c, proxies) ? "https" : "http"}://${host}`;
  return URL.canParse(address) ? new URL(address).origin : new URL(c.req.url).origin;
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 6 ? "ipv6" : "ipv4");
