/** A GET that follows redirects by hand, so that each of them is checked like the first address. */
import { ServiceError } from "@video-backend/service";
import { hostOf, invalidUrl, parseRemoteUrl } from "./remote-url.ts";
import { type RemoteAnswer, type RequestRules, requestOnce } from "./request-once.ts";

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

/**
 * The first answer that is no redirect.
 *
 * @throws ServiceError `forbidden` for an address that is not public, and for a redirect from https to http;
 *   `source_unreachable`; `invalid_request` for redirects that lead nowhere
 */
export async function openRemote(
  rules: RequestRules,
  address: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<RemoteAnswer> {
  let url = address;
  for (let followed = 0; ; followed++) {
    const answer = await requestOnce(rules, url, headers, signal);
    if (!redirects.includes(answer.status)) return answer;
    answer[Symbol.dispose]();
    if (followed === mostRedirects)
      throw invalidUrl(`more than ${mostRedirects} redirects; the last by ${hostOf(url)}`);
    url = redirectedTo(answer);
  }
}

function redirectedTo({ url, headers: { location } }: RemoteAnswer): URL {
  if (!location) throw invalidUrl(`${hostOf(url)} redirects, and does not say where to`);
  const next = parseRemoteUrl(location, url);
  if (url.protocol === "https:" && next.protocol === "http:") {
    throw new ServiceError("forbidden", `${hostOf(url)} redirects from https to http, which is not followed`);
  }
  return next;
}
