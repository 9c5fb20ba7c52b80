/**
 * From a host to the addresses that may be connected to. It is resolved here, once, and nowhere else: a name whose answer
 * changes between check and connection (DNS rebinding) finds nobody asking a second time.
 */
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { messageOf, ServiceError } from "@video-backend/service";
import type { AllowedTargets } from "./allowed-targets.ts";
import { isPublicAddress } from "./public-address.ts";
import { hostOf, isAddress } from "./remote-url.ts";

/** The addresses of a host name, in the order in which they are to be tried. */
export type Resolve = (host: string) => Promise<string[]>;

export interface AddressRules {
  resolve: Resolve;
  /** What is fetched from although it is not public. */
  allowed: AllowedTargets;
  /** This machine's own, which are refused also where they are public: what listens on them trusts its neighbours. */
  ownAddresses: () => string[];
}

/**
 * @returns at least one
 * @throws ServiceError `forbidden` when one of them is not public; `source_unreachable` for a host that has none
 */
export async function findAddresses({ resolve, allowed, ownAddresses }: AddressRules, url: URL): Promise<string[]> {
  const host = hostOf(url);
  const addresses = isAddress(host) ? [host] : await resolved(resolve, host);
  if (allowed.hasHost(host)) return addresses;
  const own = ownAddresses();
  for (const address of addresses) {
    if (allowed.hasAddress(address) || (isPublicAddress(address) && !own.includes(address))) continue;
    throw new ServiceError(
      "forbidden",
      `${host} is not on the public internet, and files are not fetched from there; an operator may allow it with ` +
        "UPLOAD_FROM_URL_ALLOW",
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
