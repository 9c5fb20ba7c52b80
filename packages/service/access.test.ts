import { describe, expect, test } from "bun:test";
import { createRoute } from "@hono/zod-openapi";
import { hashOfKey, newApiKey, newServiceKey } from "@video-backend/access/api-key";
import { accessModeOf, callAsService, currentPrincipal, type Keys } from "./access.ts";
import { createService } from "./create-service.ts";
import { createLog } from "./log.ts";
import { nameOfPrincipal } from "./principal.ts";
import { createRouter } from "./router.ts";
import { anybody, scope, servicesOnly } from "./scopes.ts";

const serviceKey = newServiceKey();
const apiKey = newApiKey();
const keys: Keys = {
  serviceKey,
  verifier: { verify: async (sha256) => (sha256 === hashOfKey(apiKey) ? { id: "one", scopes: ["read"] } : null) },
};

/** A service whose routes answer who acts, and its log. */
function setup({ keys: given }: { keys?: Keys } = { keys }) {
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
      accessRules: [{ method: "GET", path: "/page", ...anybody }],
    },
    routes,
  );
  const get = async (path: string, authorization?: string, headers: Record<string, string> = {}) => {
    const all = { ...headers, ...(authorization === undefined ? {} : { authorization }) };
    const response = await service.fetch(new Request(`http://service.test${path}`, { headers: all }));
    return `${response.status} ${response.ok ? await response.text() : (await response.json()).detail}`;
  };
  return { get, lines };
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
