/**
 * Which IP addresses are out on the internet, for everybody to reach. Everything else (this machine, its networks, a
 * cloud's own services, forms that carry one of those inside) is what an address from outside must never lead to. The
 * rule names what is let through and not what is kept out, so that a range nobody thought of is refused.
 */
import ipaddr from "ipaddr.js";

/** Global unicast (RFC 4291); all other space is of one machine or site, or nobody's. */
const globalUnicast = ipaddr.parseCIDR("2000::/3") as [ipaddr.IPv6, number];

/** Public by its range, and answered by the host of the virtual machine: Azure's metadata and DNS. */
const ofHypervisors = ["168.63.129.16"];

/** False for what is no address, too. An IPv4 address inside an IPv6 one (mapped, NAT64) counts as itself. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = withoutWrapping(ipaddr.parse(address));
  if (parsed.range() !== "unicast") return false;
  if (parsed.kind() === "ipv6") return parsed.match(globalUnicast);
  return !ofHypervisors.includes(parsed.toString());
}

/**
 * The address that packets will end at. `::ffff:0:0/96` is IPv4 in other words; `64:ff9b::/96` is how a network without
 * IPv4 reaches all of it, so it cannot be refused as such. 6to4 and Teredo, the other wrappings, are out of use: refused.
 */
export function withoutWrapping(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (address.kind() === "ipv4") return address;
  const wrapped = address as ipaddr.IPv6;
  if (wrapped.isIPv4MappedAddress()) return wrapped.toIPv4Address();
  const isNat64 = wrapped.match(ipaddr.parseCIDR("64:ff9b::/96") as [ipaddr.IPv6, number]);
  return isNat64 ? new ipaddr.IPv4(wrapped.toByteArray().slice(-4)) : wrapped;
}
