/** What an operator lets uploads be fetched from although it is not public: `127.0.0.0/8,intranet.example`. */
import ipaddr from "ipaddr.js";
import { withoutWrapping } from "./public-address.ts";

export interface AllowedTargets {
  /** A host by its name, whatever it resolves to. */
  hasHost(host: string): boolean;
  hasAddress(address: string): boolean;
}

/** Letters, digits and dashes; what ends in a number is an address, or a wrong one. */
const hostName = /^(?=.{1,253}$)(?!.*\b\d+$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/**
 * Reads the setting: host names, addresses and CIDR ranges, separated by commas.
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
