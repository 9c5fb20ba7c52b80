/**
 * Where the reader is. Pages below `/studio/`, and `/`, are this document; everything else on this address is an API. A
 * plain link to a page of ours is followed without loading anything.
 */
import { signal } from "@preact/signals";
import { here, withoutPrefix } from "./settings.ts";

/** The address bar, without host and without the prefix of a proxy. */
export const location = signal(read());

function read(): { path: string; search: URLSearchParams } {
  const { pathname, search } = globalThis.location;
  return { path: withoutPrefix(pathname), search: new URLSearchParams(search) };
}

/** Paths of the pages, as the server has them; `here` makes links of them. */
export const pages = {
  library: "/",
  video: (id: string): string => `/studio/videos/${id}`,
  system: "/studio/system",
  webhooks: "/studio/webhooks",
  keys: "/studio/keys",
} as const;

/** The id in a video's page address, or null where it is another page. */
export const videoIdIn = (path: string): string | null =>
  /^\/studio\/videos\/([A-Za-z0-9_-]{1,64})$/.exec(path)?.[1] ?? null;

/** Goes to a page, from its top. */
export function go(to: string): void {
  history.pushState(null, "", here(to));
  location.value = read();
  scrollTo(0, 0);
}

/** Changes the address of the page at hand, such as what is searched; going back leaves the page. */
export function amend(to: string): void {
  history.replaceState(history.state, "", here(to));
  location.value = read();
}

/** Called once. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    location.value = read();
  });
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const path = withoutPrefix(link.pathname);
    if (link.origin !== globalThis.location.origin || !isPage(path)) return;
    event.preventDefault();
    go(path + link.search);
  });
}

const isPage = (path: string): boolean => path === pages.library || path.startsWith("/studio/");
