/**
 * What caches may keep of a private video. A browser may, as of any other; a cache that many share may not, for it would
 * go on giving it to whoever has the address after the token has expired, and to anybody where it leaves the token out of
 * its key. A CDN that checks tokens by itself is told so there, not here.
 */

/** @example forOneViewer("public, max-age=31536000, immutable") // "private, max-age=31536000, immutable" */
export function forOneViewer(cacheControl: string | null): string {
  const directives = (cacheControl ?? "").split(",").map((directive) => directive.trim());
  if (directives.includes("no-store")) return "no-store";
  const others = directives.filter((directive) => !/^(public|private|s-maxage=.*|)$/i.test(directive));
  return ["private", ...others].join(", ");
}
