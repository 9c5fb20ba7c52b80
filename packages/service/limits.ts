/**
 * How often one caller may ask, and how many wrong keys may come from one address. The counts are behind the port of
 * rate-limiter-flexible: in the memory of each service here; its adapters for Redis and PostgreSQL let processes share them.
 *
 * A caller is a key, else the client's address. Not limited are the other services, clients whose address is not told or is that
 * of a trusted proxy (it stands for many, and this machine is one by default), and what a route declares to be `notLimited` or for
 * anybody: playback, and the bytes of uploads.
 */

import { hashOfKey } from "@video-backend/access/api-key";
import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { TrieRouter } from "hono/router/trie-router";
import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { type AccessRule, sessionCookie } from "./access.ts";
import { clientAddressOf, type Proxies } from "./client-address.ts";
import { ServiceError } from "./errors.ts";
import { limitHeaders } from "./problem.ts";
import type { ServiceContext, ServiceEnv } from "./router.ts";
import { scope } from "./scopes.ts";

/** What counts: it may be shared by several processes. */
export type Limiter = Pick<RateLimiterAbstract, "consume" | "get" | "points" | "duration">;

export interface RateLimits {
  /** Requests of one caller; null if they are not limited. */
  requests: Limiter | null;
  /** Different wrong keys from one address; null if they are not limited. */
  failedKeys: Limiter | null;
  proxies: Proxies;
}

/** What an operator says of it. */
export interface LimitsConfig {
  RATE_LIMIT_PER_MINUTE: number;
  FAILED_KEYS_PER_MINUTE: number;
  TRUSTED_PROXIES: Proxies;
}

/** RateLimits that each process counts by itself. */
export function rateLimitsOf({
  RATE_LIMIT_PER_MINUTE,
  FAILED_KEYS_PER_MINUTE,
  TRUSTED_PROXIES,
}: LimitsConfig): RateLimits {
  const perMinute = (points: number) => (points === 0 ? null : new RateLimiterMemory({ points, duration: 60 }));
  return {
    requests: perMinute(RATE_LIMIT_PER_MINUTE),
    failedKeys: perMinute(FAILED_KEYS_PER_MINUTE),
    proxies: TRUSTED_PROXIES,
  };
}

/** How many wrong keys are remembered, so that one that is sent again and again counts once. */
const maxRemembered = 10_000;

/**
 * The limits as middleware: `failedKeys` stands before the access rules, so that a login with a wrong key counts like any other use of
 * one, and `requests` behind them, since they say who calls.
 *
 * @param rulesOf read at the first request that counts, when all routes are in
 */
export function createLimits(
  { requests, failedKeys, proxies }: RateLimits,
  rulesOf: () => AccessRule[],
): Record<"failedKeys" | "requests", MiddlewareHandler<ServiceEnv>> {
  let router: TrieRouter<AccessRule> | undefined;
  const remembered = new LRUCache<string, true>({ max: maxRemembered });

  /** What no route declares is for keys, and counts. */
  function ruleOf(c: ServiceContext): Pick<AccessRule, "security" | "x-not-limited"> {
    router ??= routerOf(rulesOf());
    const method = c.req.method === "HEAD" ? "GET" : c.req.method;
    const [[rule] = []] = router.match(method, c.req.path)[0];
    return rule ?? scope("admin");
  }

  return {
    async failedKeys(c, next) {
      const credential = c.req.header("authorization") ?? getCookie(c, sessionCookie);
      const address = failedKeys && credential !== undefined ? limitedAddressOf(c, proxies) : null;
      if (!failedKeys || credential === undefined || address === null || isForAnybody(ruleOf(c))) return next();
      const before = await failedKeys.get(address);
      if (before && before.consumedPoints >= failedKeys.points) {
        throw tooMany("Too many wrong keys came from this address", failedKeys, before);
      }
      await next();
      if (c.res.status !== 401) return;
      const wrong = `${address} ${hashOfKey(credential)}`;
      if (remembered.has(wrong)) return;
      remembered.set(wrong, true, { ttl: failedKeys.duration * 1000 });
      await consume(failedKeys, address);
    },

    async requests(c, next) {
      const caller = requests && callerOf(c, proxies);
      if (!requests || caller === null || !isLimited(ruleOf(c))) return next();
      const { isOver, result } = await consume(requests, caller);
      if (isOver) throw tooMany("Too many requests", requests, result);
      await next();
      for (const [name, value] of Object.entries(
        limitHeaders({ ...windowOf(requests), remaining: result.remainingPoints, seconds: secondsOf(result) }),
      )) {
        c.res.headers.set(name, value);
      }
    },
  };
}

const isForAnybody = ({ security }: Pick<AccessRule, "security">): boolean => security.length === 0;

/** Whether requests to a route count. */
export const isLimited = (rule: Pick<AccessRule, "security" | "x-not-limited">): boolean =>
  rule["x-not-limited"] !== true && !isForAnybody(rule);

/** Null for one who is not limited. */
function callerOf(c: ServiceContext, proxies: Proxies): string | null {
  const principal = c.get("principal");
  if (principal?.kind === "service") return null;
  if (principal?.kind === "key") return `key ${principal.id}`;
  return limitedAddressOf(c, proxies);
}

/** Of IPv6 the network that one subscriber has, a /64: it may use any address of it. */
function limitedAddressOf(c: ServiceContext, proxies: Proxies): string | null {
  const address = clientAddressOf(c, proxies);
  if (address === null || !ipaddr.isValid(address)) return null;
  const parsed = ipaddr.process(address);
  const written = parsed.toString();
  if (proxies.check(written, parsed.kind())) return null;
  return parsed.kind() === "ipv4" ? written : `${parsed.toByteArray().slice(0, 8)}`;
}

async function consume(limiter: Limiter, caller: string): Promise<{ isOver: boolean; result: RateLimiterRes }> {
  try {
    return { isOver: false, result: await limiter.consume(caller) };
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    return { isOver: true, result: error };
  }
}

const windowOf = ({ points, duration }: Limiter) => ({ limit: points, window_seconds: duration });
const secondsOf = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));

function tooMany(sentence: string, limiter: Limiter, result: RateLimiterRes): ServiceError {
  const retry_after = secondsOf(result);
  const { points, duration } = limiter;
  return new ServiceError(
    "too_many",
    `${sentence}: at most ${points} in ${duration} s; try again in ${retry_after} s`,
    {
      details: { ...windowOf(limiter), retry_after },
    },
  );
}

function routerOf(rules: AccessRule[]): TrieRouter<AccessRule> {
  const router = new TrieRouter<AccessRule>();
  for (const rule of rules) router.add(rule.method ?? "ALL", rule.path, rule);
  return router;
}
