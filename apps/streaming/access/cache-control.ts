/**
 * What caches may keep of a private video. The viewer's own may, as of any other video. One that many share may not, unless
 * an operator vouches for it: it would go on giving a file to whoever has the address after the token has expired, and to
 * anybody where it leaves the token out of its key.
 */

/** Who may keep it: the `viewer` alone, or `shared` caches too, which then have the whole path, token included, as their key. */
export const privateCachings = ["viewer", "shared"] as const;
export type PrivateCaching = (typeof privateCachings)[number];

/**
 * The header for a private video, from that for a public one. In shared caches nothing lasts longer than the token does,
 * `s-maxage` saying for how long; "s-maxage incorporates the semantics of proxy-revalidate" (RFC 9111, 5.2.2.10).
 *
 * @example cacheControlOfPrivate("public, max-age=60", "viewer", 20) // "private, max-age=60"
 * @example cacheControlOfPrivate("public, max-age=60", "shared", 20) // "public, max-age=60, s-maxage=20"
 */
export function cacheControlOfPrivate(header: string | null, caching: PrivateCaching, secondsLeft: number): string {
  const directives = (header ?? "").split(",").map((directive) => directive.trim().toLowerCase());
  if (directives.includes("no-store")) return "no-store";
  const kept = directives.filter((directive) => !/^(public|private|(s-maxage|stale-[a-z-]+)=.*|)$/.test(directive));
  const maxAge = kept
    .map((directive) => /^max-age=(\d+)$/.exec(directive)?.[1])
    .find((seconds) => seconds !== undefined);
  if (caching === "viewer" || kept.length === 0) return ["private", ...kept].join(", ");
  const shared = maxAge === undefined ? [] : [`s-maxage=${Math.min(Number(maxAge), Math.floor(secondsLeft))}`];
  return ["public", ...kept, ...shared].join(", ");
}
