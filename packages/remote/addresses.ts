/**
 * From a host to the addresses that may be connected to. It is resolved here, once, and nowhere else: a name whose answer changes
 * between check and connection (DNS rebinding) is not resolved a second time.
 *
 * Only public addresses are connected to, and what an operator allows besides. Everything else (this machine, its networks, a
 * cloud's own services, addresses that wrap one of those) must never be reached for a client. The rule lists what is allowed and not what is
 * denied, so that an unknown range is refused.
 */

import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { messageOf, ServiceError } from "@video-backend/service";
import ipaddr from "ipaddr.js";
import { hostOf, isAddress } from "./remote-url.ts";

/** The addresses of a host name, in the order in which they are tried. */
export type Resolve = (host: string) => Promise<string[]>;

export interface AddressRules {
  resolve: Resolve;
  /** What may be connected to although it is not public. */
  allowed: AllowedTargets;
  /** The name of the setting behind `allowed`, for the error. */
  allowSetting: string;
  /** This machine's own, which are refused even if they are public: what listens on them may trust local clients. */
  ownAddresses: () => string[];
}

/**
 * @returns at least one
 * @throws ServiceError `forbidden` if one of them is not public; `source_unreachable` for a host that has none
 */
export async function findAddresses(
  { resolve, allowed, allowSetting, ownAddresses }: AddressRules,
  url: URL,
): Promise<string[]> {
  const host = hostOf(url);
  const addresses = isAddress(host) ? [host] : await resolved(resolve, host);
  if (allowed.hasHost(host)) return addresses;
  const own = ownAddresses();
  for (const address of addresses) {
    if (allowed.hasAddress(address) || (isPublicAddress(address) && !own.includes(address))) continue;
    throw new ServiceError(
      "forbidden",
      `${host} is not on the public internet, and nothing is requested from there; an operator may allow it with ` +
        allowSetting,
      { details: { host } },
    );
  }
  return addresses;
}

async function resolved(resolve: Resolve, host: string): Promise<string[]> {
  const addresses = await resolve(host).catch((error: unknown) => {
    throw new ServiceError("source_unreachable", `${host} cannot be resolved: ${messageOf(error)}`, { cause: error });
  });
  if (addresses.length > 0) return addresses;
  throw new ServiceError("source_unreachable", `${host} cannot be resolved: it has no address`);
}

/** As the system resolves names, its hosts file included. */
export const resolveBySystem: Resolve = async (host) => (await lookup(host, { all: true })).map((one) => one.address);

/** The addresses of this machine's network interfaces. */
export function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((found) => (found ?? []).map(({ address }) => address));
}

/** Global unicast (RFC 4291); all other space is local to a machine or site, or unassigned. */
const globalUnicast = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];

/** Public by its range, but answered by the host of the virtual machine: Azure's metadata and DNS. */
const ofHypervisors = ["168.63.129.16"];

/** False also for what is not an address. An IPv4 address inside an IPv6 one (mapped, NAT64) counts as itself. */
function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = withoutWrapping(ipaddr.parse(address));
  if (parsed.range() !== "unicast") return false;
  if (parsed.kind() === "ipv6") return parsed.match(globalUnicast);
  return !ofHypervisors.includes(parsed.toString());
}

/**
 * The address that packets are delivered to. `::ffff:0:0/96` is a notation of IPv4; through `64:ff9b::/96` a network without IPv4
 * reaches all of it, so it cannot be refused as such. 6to4 and Teredo, the other wrappings, are out of use: refused.
 */
function withoutWrapping(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === "ipv4") return address;
  const wrapped = address as ipaddr.IPv6;
  if (wrapped.isIPv4MappedAddress()) return wrapped.toIPv4Address();
  const isNat64 = wrapped.match(ipaddr.parseCIDR("64:ff9b::/96") as [ipaddr.IPv6, number]);
  return isNat64 ? new ipaddr.IPv4(wrapped.toByteArray().slice(-4)) : wrapped;
}

export interface AllowedTargets {
  /** A host by its name, whatever it resolves to. */
  hasHost(host: string): boolean;
  hasAddress(address: string): boolean;
}

/** Letters, digits and dashes; a name that ends in a number is an address, or a malformed one. */
const hostName = /^(?=.{1,253}$)(?!.*\b\d+$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * Parses the setting: host names, addresses and CIDR ranges, separated by commas.
 *
 * @throws Error naming the entry that is none of those
 */
export function parseAllowedTargets(setting: string): AllowedTargets {
  const hosts = new Set<string>();
  const ranges: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of setting.split(",").map((part) => part.trim().toLowerCase())) {
    if (entry === "") continue;
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (ipaddr.IPv4.isValidFourPartDecimal(entry)) ranges.push([ipaddr.parse(entry), 32]);
    else if (ipaddr.IPv6.isValid(entry)) ranges.push([ipaddr.parse(entry), 128]);
    else if (hostName.test(entry)) hosts.add(entry);
    else throw new Error(`${entry}: a host name, an address or a CIDR range is expected, such as 10.0.0.0/8`);
  }
  return {
    hasHost: (host) => hosts.has(host),
    hasAddress(address) {
      if (!ipaddr.isValid(address)) return false;
      const written = ipaddr.parse(address);
      const parsed = withoutWrapping(written);
      return ranges.some((range) => matches(parsed, range) || matches(written, range));
    },
  };
}

function matches(address: ipaddr.IPv4 | ipaddr.IPv6, range: [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}
