/**
 * Parses URLs from outside. The result has the one canonical spelling of URLs: `0x7f.1` and `2130706433` have become `127.0.0.1`,
 * so that what is checked is what is connected to.
 */
import { isIP } from "node:net";
import { ServiceError } from "@video-backend/service";

const maxCharacters = 8192;

/**
 * @param text absolute, or relative to `base` as in a redirect
 * @throws ServiceError `invalid_request` for what is not an http or https URL, or has a user name or password in it
 */
export function parseRemoteUrl(text: string, base?: URL): URL {
  const url = text.length <= maxCharacters ? URL.parse(text, base) : null;
  if (!url) throw invalidUrl("an absolute address of http or https is expected");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalidUrl(`http and https are accepted; got ${url.protocol.slice(0, -1)}`);
  }
  // It would be stored, and shown.
  if (url.username || url.password) throw invalidUrl("an address without a user name and password is expected");
  if (url.port === "0") throw invalidUrl("port 0 is none");
  url.hash = "";
  return url;
}

/** The host for a resolver and a certificate: an IPv6 address without brackets, a name without its last dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

/** True for a host that is an IP address. */
export const isAddress = (host: string): boolean => isIP(host) !== 0;

/** For display: without the query, which in a signed URL is a secret. */
export function withoutQuery(url: string): string {
  const shown = new URL(url);
  shown.search = "";
  return shown.href;
}

/** The error for a URL, or what it leads to, that would be wrong the next time, too. */
export function invalidUrl(sentence: string): ServiceError {
  return new ServiceError("invalid_request", `url: ${sentence}`, {
    details: { problems: [{ field: "url", message: sentence }] },
  });
}
