import { describe, expect, test } from "bun:test";
import { createRoute } from "@hono/zod-openapi";
import { hashOfKey, newApiKey, newServiceKey } from "@video-backend/access/api-key";
import { newSessionToken } from "@video-backend/access/session-token";
import { accessModeOf, callAsService, currentPrincipal, type Keys, sessionCookie, type VerifiedKey } from "./access.ts";
import { createService } from "./create-service.ts";
import { eventStream } from "./events.ts";
import { createLog } from "./log.ts";
import { nameOfPrincipal } from "./principal.ts";
import { createRouter } from "./router.ts";
import { anybody, scope, servicesOnly } from "./scopes.ts";

const serviceKey = newServiceKey();
const apiKey = newApiKey();
const one: VerifiedKey = { id: "one", name: "One", scopes: ["read"], sessionId: null, expiresAt: null };
const keys: Keys = {
  serviceKey,
  verifier: { verify: async (sha256) => (sha256 === hashOfKey(apiKey) ? one : null) },
};

/** A service whose routes answer who acts, and its log. */
function setup({ keys: given, takesSessionCookie = false }: { keys?: Keys; takesSessionCookie?: boolean } = { keys }) {
  const lines: string[] = [];
  const routes = createRouter();
  const rule = { open: anybody, read: scope("read"), write: scope("write"), internal: servicesOnly };
  for (const [name, security] of Object.entries(rule)) {
    const responses = { 200: { description: "Who acts" } };
    const route = createRoute({ method: "get", path: `/${name}`, operationId: name, ...security, responses });
    routes.openapi(route, (c) => {
      const principal = currentPrincipal();
      return c.text(principal ? nameOfPrincipal(principal) : "nobody");
    });
  }
  const change = { method: "put", path: "/read", operationId: "change", ...scope("read") } as const;
  routes.openapi(createRoute({ ...change, responses: { 200: { description: "Changed" } } }), (c) => c.text("changed"));
  routes.get("/page", (c) => c.text("page"));
  routes.get("/hidden", (c) => c.text("hidden"));
  const service = createService(
    {
      name: "test_service",
      title: "Test",
      description: "Test",
      log: createLog("test", "trace", { write: (line) => void lines.push(line) }),
      checks: {},
      keys: given,
      takesSessionCookie,
      accessRules: [{ method: "GET", path: "/page", ...anybody }],
    },
    routes,
  );
  const send = async (method: string, path: string, headers: Record<string, string>) => {
    const response = await service.fetch(new Request(`http://service.test${path}`, { method, headers }));
    return `${response.status} ${response.ok ? await response.text() : (await response.json()).detail}`;
  };
  const get = (path: string, authorization?: string, headers: Record<string, string> = {}) =>
    send("GET", path, { ...headers, ...(authorization === undefined ? {} : { authorization }) });
  return { get, send, lines };
}

test("each route is for those whom it declares; verbs and the log know who acts", async () => {
  const { get, lines } = setup();
  expect(await get("/read", `Bearer ${apiKey}`)).toBe("200 key:one");
  expect(await get("/read", `bearer ${apiKey}`)).toBe("200 key:one");
  expect(await get("/write", `Bearer ${apiKey}`)).toBe("403 The key lacks the scope write");
  expect(await get("/internal", `Bearer ${apiKey}`)).toBe("403 Only the services themselves may do this");
  expect(await get("/internal", `Bearer ${serviceKey}`)).toBe("200 service");
  expect(await get("/write", `Bearer ${serviceKey}`, { "x-acting-for": "key:one" })).toBe("200 service for key:one");
  expect(await get("/write", `Bearer ${serviceKey}`, { "x-acting-for": "{}" })).toBe("200 service");
  expect(await get("/read")).toBe("401 A key is needed: Authorization: Bearer vb_…");
  expect(await get("/open")).toBe("200 anybody");
  expect(await get("/open", "Bearer nonsense")).toBe("200 anybody");
  const logged = lines.map((line) => JSON.parse(line).principal);
  expect(logged.filter((name) => name !== undefined)).toEqual([
    ...["key:one", "key:one", "key:one", "key:one"],
    ...["service", "service for key:one", "service"],
  ]);
});

test("a service tells the next one for whom it acts", async () => {
  const asked: (string | null)[] = [];
  const call = callAsService(serviceKey, (request) => {
    asked.push(request.headers.get("x-acting-for"), request.headers.get("authorization"));
    return new Response();
  });
  const routes = createRouter();
  routes.get("/first", async (c) => {
    await call(new Request("http://next.test"));
    return c.text("");
  });
  const first = createService(
    {
      name: "first_service",
      title: "First",
      description: "First",
      log: createLog("test", "silent"),
      checks: {},
      keys,
      accessRules: [{ path: "/first", ...scope("read") }],
    },
    routes,
  );
  await first.fetch(new Request("http://first.test/first", { headers: { authorization: `Bearer ${apiKey}` } }));
  expect(asked).toEqual(["key:one", `Bearer ${serviceKey}`]);
});

test("what is declared nowhere is for the scope admin, and health and documents are for anybody", async () => {
  const { get } = setup();
  expect(await get("/page")).toBe("200 page");
  expect(await get("/hidden")).toStartWith("401");
  expect(await get("/hidden", `Bearer ${apiKey}`)).toBe("403 The key lacks the scope admin");
  for (const path of ["/health", "/openapi.json", "/docs"]) expect(await get(path)).toStartWith("200");
});

test("a route that does not declare its callers keeps the service from being created", () => {
  const routes = createRouter();
  const route = createRoute({ method: "get", path: "/forgotten", responses: { 200: { description: "OK" } } });
  routes.openapi(route, (c) => c.text(""));
  const about = { name: "a", title: "A", description: "A", log: createLog("test", "silent"), checks: {} };
  expect(() => createService(about, routes)).toThrow("get /forgotten does not declare who may call it");
});

describe("the cookie of a session", () => {
  const token = newSessionToken(serviceKey);
  const session: VerifiedKey = { ...one, sessionId: "two", expiresAt: null };
  const ofSession: Keys = {
    serviceKey,
    verifier: { verify: async (sha256) => (sha256 === hashOfKey(token) ? session : keys.verifier.verify(sha256)) },
  };
  const cookie = `theme=dark; ${sessionCookie}=${token}`;
  const own = { origin: "http://service.test" };
  const [allowed, insecure] = [{ origin: "http://localhost:4000" }, { "sec-fetch-site": "same-site" }];

  test("is taken from own pages alone, and only where the service takes it", async () => {
    const { get, send } = setup({ keys: ofSession, takesSessionCookie: true });
    expect(await get("/read", undefined, { cookie })).toBe("200 key:one session:two");
    expect(await get("/read", undefined, { cookie, ...own })).toBe("200 key:one session:two");
    expect(await get("/write", undefined, { cookie })).toBe("403 The key lacks the scope write");
    for (const foreign of [allowed, insecure])
      expect(await get("/read", undefined, { cookie, ...foreign })).toStartWith("403 The session");
    expect(await get("/open", undefined, { cookie, ...allowed })).toBe("200 anybody");
    expect(await get("/read", undefined, { cookie: `${sessionCookie}=${token.slice(0, -1)}A` })).toBe(
      "401 The session has ended",
    );
    expect(await send("PUT", "/read", { cookie })).toStartWith("403 The session");
    expect(await send("PUT", "/read", { cookie, ...allowed })).toStartWith("403 The session");
    expect(await send("PUT", "/read", { cookie, ...own })).toBe("200 changed");
    expect(await send("PUT", "/read", { cookie, "sec-fetch-site": "same-origin" })).toBe("200 changed");
    // A key counts before it.
    expect(await get("/read", `Bearer ${apiKey}`, { cookie, ...allowed })).toBe("200 key:one");
    const { get: getElsewhere } = setup({ keys: ofSession });
    expect(await getElsewhere("/read", undefined, { cookie })).toStartWith("401 A key is needed");
    expect(await getElsewhere("/read", `Bearer ${token}`)).toBe("200 key:one session:two");
  });
});

test("an event stream ends when its key is revoked, and not while nobody can tell", async () => {
  let found: () => Promise<VerifiedKey | null> = async () => one;
  const routes = createRouter();
  async function* untilTheEnd(signal: AbortSignal) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield* [];
  }
  routes.get("/feed", (c) => eventStream(c, untilTheEnd));
  const about = { name: "a", title: "A", description: "A", log: createLog("test", "silent"), checks: {} };
  const accessRules = [{ path: "/feed", ...scope("read") }];
  const service = createService(
    { ...about, keys: { serviceKey, verifier: { verify: () => found() } }, accessRules },
    routes,
  );
  const headers = { authorization: `Bearer ${apiKey}` };
  const { body } = await service.fetch(new Request("http://service.test/feed", { headers }));
  const asked = Promise.withResolvers<void>();
  found = async () => {
    asked.resolve();
    throw new Error("metadata is away");
  };
  await asked.promise;
  found = async () => null;
  const startedAt = performance.now();
  expect(await new Response(body).text()).toContain(": connected");
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test("ten thousand forged keys: none passes, and none is in the log", async () => {
  const { get, lines } = setup();
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const other = (letter: string) => alphabet[(alphabet.indexOf(letter) + 1) % alphabet.length];
  const forged = new Set<string>();
  for (const real of [apiKey, serviceKey]) {
    for (let index = 0; index < real.length; index++) {
      forged.add(real.slice(0, index) + other(real[index] ?? "") + real.slice(index + 1));
      forged
        .add(real.slice(0, index))
        .add(real.slice(index + 1))
        .add(`${real}${alphabet[index]}`);
    }
    for (const same of [hashOfKey(real), real.toUpperCase(), real.toLowerCase(), `${real},${real}`, `"${real}"`]) {
      forged.add(same);
    }
  }
  while (forged.size < 10_000) forged.add(newApiKey());
  const statuses = new Set<string>();
  for (const key of forged) statuses.add((await get("/read", `Bearer ${key}`)).slice(0, 3));
  for (const scheme of ["Basic", "Token", ""]) statuses.add((await get("/read", `${scheme} ${apiKey}`)).slice(0, 3));
  expect(statuses).toEqual(new Set(["401"]));
  await get("/read", `Bearer ${apiKey}`);
  const log = lines.join("");
  expect(log).toContain("key:one");
  expect([...forged, apiKey, serviceKey].filter((key) => key.length > 40 && log.includes(key))).toEqual([]);
});

describe("the mode", () => {
  const no = { AUTH_OPEN_ON_NETWORK: "no" } as const;
  test("is open on loopback and keys elsewhere", () => {
    for (const HOST of ["127.0.0.1", "localhost", "::1"]) expect(accessModeOf({ HOST, ...no })).toBe("open");
    for (const HOST of ["0.0.0.0", "::", "192.0.2.1"]) expect(accessModeOf({ HOST, ...no })).toBe("keys");
    expect(accessModeOf({ HOST: "127.0.0.1", AUTH: "keys", ...no })).toBe("keys");
  });
  test("is not open on a network by mistake", () => {
    expect(() => accessModeOf({ HOST: "0.0.0.0", AUTH: "open", ...no })).toThrow("AUTH_OPEN_ON_NETWORK=yes");
    expect(accessModeOf({ HOST: "0.0.0.0", AUTH: "open", AUTH_OPEN_ON_NETWORK: "yes" })).toBe("open");
  });
});

test("in open mode a key is neither needed nor looked at", async () => {
  const { get } = setup({});
  expect(await get("/write")).toBe("200 anybody");
  expect(await get("/internal", "Bearer nonsense")).toBe("200 anybody");
});
