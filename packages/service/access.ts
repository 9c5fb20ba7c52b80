/**
 * Who may call what. One middleware for all five services: it looks up what the route declares (`scopes.ts`), finds out who
 * calls, and refuses or sets the `principal` of the request. What no route declares is for keys with the scope `admin`.
 *
 * With `AUTH=open` nobody is asked for anything. An upload token has its effects there, too, so that a page with one can be tried.
 */
import { apiKeyPattern, hashOfKey, isSameHash, keyIdOf, uploadTokenPattern } from "@video-backend/access/api-key";
import { openServiceKey } from "@video-backend/access/service-key";
import { isSessionToken } from "@video-backend/access/session-token";
import type { MiddlewareHandler } from "hono";
import { tryGetContext } from "hono/context-storage";
import { getCookie } from "hono/cookie";
import { TrieRouter } from "hono/router/trie-router";
import { listensOnLoopback, mayUseCookie } from "./cross-origin.ts";
import { ServiceError } from "./errors.ts";
import { type KeyPrincipal, nameOfPrincipal, type Principal } from "./principal.ts";
import type { ServiceApp, ServiceContext, ServiceEnv } from "./router.ts";
import { anybody, schemes, scope } from "./scopes.ts";

/** A key that is valid at this moment, or a session of one. */
export type VerifiedKey = Omit<KeyPrincipal, "kind">;

export interface KeyVerifier {
  /**
   * Null for a key that does not exist, is revoked or has expired, and for a session that has ended.
   *
   * @param sha256 of the key, or of the token of a session
   * @throws ServiceError `unavailable` when nobody knows
   */
  verify(sha256: string): Promise<VerifiedKey | null>;
}

/** How a service that runs with `AUTH=keys` tells who calls. */
export interface Keys {
  verifier: KeyVerifier;
  serviceKey: string;
}

export interface UploadTokenVerifier {
  /** The id of the token with this hash; null for one that does not exist, is revoked or has expired. */
  verify(sha256: string): Promise<string | null>;
}

/** For a service that hands the token on to the one that verifies it. */
export const verifiedFurtherOn: UploadTokenVerifier = { verify: async (sha256) => keyIdOf(sha256) };

/** What a route of the documents, or a path of none, asks for. */
export interface AccessRule {
  /** Any method by default. */
  method?: string;
  /** As the router writes it, such as `/files/*`. */
  path: string;
  security: readonly Record<string, string[]>[];
  /** True where its requests do not count towards a limit. */
  "x-not-limited"?: true;
}

/** Names the one for whom a service calls another, for the log. */
const actingForHeader = "x-acting-for";

/** Of the request at hand; null outside of one. */
export const currentPrincipal = (): Principal | null => tryGetContext<ServiceEnv>()?.get("principal") ?? null;

/** The cookie that the studio's pages are let in by. Scripts cannot read it. */
export const sessionCookie = "studio-session";

/** What a service takes beside keys. */
export interface FurtherCredentials {
  /** Whether pages of this service's own origin may have the cookie of a session in place of a key; not by default. */
  takesSessionCookie?: boolean;
  /** Where upload tokens are accepted; they are looked at in `open` mode, too. */
  uploadTokens?: UploadTokenVerifier;
}

/** Enforces what the routes declare. The rules are read at the first request, when all routes are in. */
export function createAccess(
  keys: Keys | undefined,
  rulesOf: () => AccessRule[],
  { takesSessionCookie = false, uploadTokens }: FurtherCredentials = {},
): MiddlewareHandler<ServiceEnv> {
  let router: TrieRouter<AccessRule["security"]> | undefined;

  function securityOf({ method, path }: { method: string; path: string }): AccessRule["security"] {
    router ??= routerOf(rulesOf());
    const [[found] = []] = router.match(method === "HEAD" ? "GET" : method, path)[0];
    return found ?? scope("admin").security;
  }

  async function identifyUploader(token: string): Promise<Principal | null> {
    const id = await uploadTokens?.verify(hashOfKey(token));
    return id ? { kind: "uploadToken", id } : null;
  }

  if (!keys) {
    return async (c, next) => {
      const token = uploadTokens && bearerIn(c.req.header("authorization"));
      const isTaken = token !== undefined && uploadTokenPattern.test(token) && takesUploadToken(securityOf(c.req));
      c.set("principal", (isTaken && (await identifyUploader(token))) || { kind: "anybody" });
      await next();
    };
  }
  const { serviceKey, verifier } = keys;
  const serviceKeyHash = hashOfKey(serviceKey);

  async function identify(token: string, actingFor: string | undefined): Promise<Principal | null> {
    const sha256 = hashOfKey(token);
    if (isSameHash(sha256, serviceKeyHash)) {
      return {
        kind: "service",
        actingFor: actingFor !== undefined && /^[\w: ]{1,100}$/.test(actingFor) ? actingFor : null,
      };
    }
    if (uploadTokenPattern.test(token)) return identifyUploader(token);
    const isOfTheForm = apiKeyPattern.test(token) || isSessionToken(serviceKey, token);
    const verified = isOfTheForm ? await verifier.verify(sha256) : null;
    return verified ? { kind: "key", ...verified } : null;
  }

  /** The session of a page of ours; a key that is sent counts before it. */
  function takeSession(c: ServiceContext): "none" | "taken" | "foreign" {
    const token =
      takesSessionCookie && c.req.header("authorization") === undefined ? getCookie(c, sessionCookie) : undefined;
    if (!token) return "none";
    if (!mayUseCookie(c.req.raw)) return "foreign";
    c.set("sessionToken", token);
    return "taken";
  }

  return async (c, next) => {
    const security = securityOf(c.req);
    const session = takeSession(c);
    if (security.length === 0) {
      c.set("principal", { kind: "anybody" });
      return next();
    }
    if (session === "foreign") {
      throw new ServiceError("forbidden", "The session of the studio is for its own pages; send a key instead", {
        details: { origin: c.req.header("origin") ?? null },
      });
    }
    const authorization = c.req.header("authorization");
    const token = c.get("sessionToken") ?? bearerIn(authorization);
    if (token !== undefined && uploadTokenPattern.test(token) && !takesUploadToken(security)) {
      throw new ServiceError("forbidden", "An upload token is for sending its upload, and for nothing else");
    }
    const whoCalls = async () => (token === undefined ? null : identify(token, c.req.header(actingForHeader)));
    const principal = await whoCalls();
    if (!principal) throw new ServiceError("unauthorized", refusalOf(session === "taken", authorization));
    c.set("principal", principal);
    checkScope(principal, security);
    c.set("isStillAllowed", async () => isAllowed(await whoCalls(), security));
    await next();
  };
}

const takesUploadToken = (security: AccessRule["security"]): boolean =>
  security.some((one) => schemes.uploadToken in one);

const bearerIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? "")?.[1];

function refusalOf(isSession: boolean, authorization: string | undefined): string {
  if (isSession) return "The session has ended";
  return authorization === undefined
    ? "A key is needed: Authorization: Bearer vb_…"
    : "The key is not valid: it does not exist, was revoked, or has expired";
}

/** Whether the route takes this caller. A route may take any key, or keys with one of some scopes. */
function isAllowed(principal: Principal | null, security: AccessRule["security"]): boolean {
  if (principal?.kind !== "key") return principal !== null;
  const given: readonly string[] = principal.scopes;
  return security.some((one) => {
    const wanted = one[schemes.apiKey];
    return wanted !== undefined && (wanted.length === 0 || wanted.some((name) => given.includes(name)));
  });
}

function checkScope(principal: Principal, security: AccessRule["security"]): void {
  if (principal.kind !== "key" || isAllowed(principal, security)) return;
  const wanted = security.flatMap((one) => one[schemes.apiKey] ?? []);
  if (wanted.length === 0) throw new ServiceError("forbidden", "Only the services themselves may do this");
  throw new ServiceError("forbidden", `The key lacks the scope ${wanted.join(" or ")}`, {
    details: { missing_scope: wanted[0], scopes: principal.scopes },
  });
}

/** The routes of the document with what they declare, the more specific ones first. */
export function declaredRules(app: ServiceApp): AccessRule[] {
  const routes = app.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
  const undeclared = routes.find(({ security }) => security === undefined);
  if (undeclared) throw new Error(`${undeclared.method} ${undeclared.path} does not declare who may call it`);
  const specificity = ({ path }: { path: string }) =>
    path.split("{").length + (path.includes("{asset_path}") ? 100 : 0);
  return routes
    .toSorted((a, b) => specificity(a) - specificity(b))
    .map(({ method, path, security = [], ...rest }) => ({
      method: method === "head" ? "GET" : method.toUpperCase(),
      path: path.replace("{asset_path}", ":asset_path{.+}").replaceAll(/\{(\w+)\}/g, ":$1"),
      security,
      ...("x-not-limited" in rest && { "x-not-limited": true as const }),
    }));
}

/** What the shell itself serves. */
export const rulesOfShell: AccessRule[] = ["/openapi.json", "/docs", "/docs/*"].map((path) => ({
  method: "GET",
  path,
  ...anybody,
}));

function routerOf(rules: AccessRule[]): TrieRouter<AccessRule["security"]> {
  const router = new TrieRouter<AccessRule["security"]>();
  for (const { method = "ALL", path, security } of rules) router.add(method, path, security);
  return router;
}

/** A `fetch` with the service key, which tells for whom the service acts: for typed clients and event streams. */
export function callAsService(
  serviceKey: string,
  send: (request: Request) => Response | Promise<Response> = fetch,
): (request: Request) => Promise<Response> {
  return async (request) => {
    request.headers.set("authorization", `Bearer ${serviceKey}`);
    const principal = currentPrincipal();
    if (principal?.kind === "key" || principal?.kind === "uploadToken") {
      request.headers.set(actingForHeader, nameOfPrincipal(principal));
    } else if (principal?.kind === "service" && principal.actingFor) {
      request.headers.set(actingForHeader, principal.actingFor);
    }
    return send(request);
  };
}

/** What an operator says of it. */
export interface AccessConfig {
  HOST: string;
  AUTH?: "open" | "keys" | undefined;
  AUTH_OPEN_ON_NETWORK: "yes" | "no";
  SERVICE_KEY?: string | undefined;
}

/**
 * The mode. Keys are needed unless the service listens on loopback.
 *
 * @throws Error for a service that would let everybody on the network do everything without being told to
 */
export function accessModeOf({ HOST, AUTH, AUTH_OPEN_ON_NETWORK }: AccessConfig): "open" | "keys" {
  const onNetwork = !listensOnLoopback(HOST);
  if (AUTH === "open" && onNetwork && AUTH_OPEN_ON_NETWORK !== "yes") {
    throw new Error(
      `With AUTH=open whoever reaches ${HOST} may delete everything; set AUTH=keys, or AUTH_OPEN_ON_NETWORK=yes if that is meant`,
    );
  }
  return AUTH ?? (onNetwork ? "keys" : "open");
}

/** How a `main.ts` begins: the service key in `keys` mode, null in `open` mode; and the `fetch` that calls other services. */
export async function openAccess(
  config: AccessConfig,
  serviceKeyPath: string,
): Promise<{ serviceKey: string | null; call: (request: Request) => Promise<Response> }> {
  if (accessModeOf(config) === "open") return { serviceKey: null, call: (request) => fetch(request) };
  const serviceKey = config.SERVICE_KEY ?? (await openServiceKey(serviceKeyPath));
  return { serviceKey, call: callAsService(serviceKey) };
}
