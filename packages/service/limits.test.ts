import { expect, test } from "bun:test";
import { createRoute, z } from "@hono/zod-openapi";
import { newApiKey } from "@video-backend/access/api-key";
import type { KeyVerifier } from "./access.ts";
import { parseProxies } from "./client-address.ts";
import { createService } from "./create-service.ts";
import { type RateLimits, rateLimitsOf } from "./limits.ts";
import { createLog } from "./log.ts";
import { createRouter } from "./router.ts";
import { anybody, notLimited, scope } from "./scopes.ts";

const serviceKey = `vbs_${"s".repeat(43)}`;

const route = (method: "get" | "post", path: string, who: object) =>
  createRoute({
    method,
    path,
    ...who,
    responses: { 200: { description: "ok", content: { "text/plain": { schema: z.string() } } } },
  });

interface Setup {
  perMinute?: number;
  failed?: number;
  /** Absent with AUTH=open. */
  keys?: KeyVerifier;
  limits?: RateLimits;
}

function setup({ perMinute = 3, failed = 2, keys, limits }: Setup) {
  const routes = createRouter()
    .openapi(route("get", "/read", scope("read")), (c) => c.text("read"))
    .openapi(route("post", "/upload/chunk", { ...scope("upload"), ...notLimited }), (c) => c.text("chunk"))
    .openapi(route("get", "/segment", anybody), (c) => c.text("segment"));
  const service = createService(
    {
      name: "test_service",
      title: "Test",
      description: "Test.",
      log: createLog("test", "silent"),
      checks: {},
      keys: keys && { serviceKey, verifier: keys },
      limits:
        limits ??
        rateLimitsOf({
          RATE_LIMIT_PER_MINUTE: perMinute,
          FAILED_KEYS_PER_MINUTE: failed,
          TRUSTED_PROXIES: parseProxies("127.0.0.0/8, ::1, 10.0.0.1"),
        }),
    },
    routes,
  );
  return async (line: string, from: string | null, headers: Record<string, string> = {}) => {
    const [method = "", path = ""] = line.split(" ");
    const request = new Request(`http://service.test${path}`, { method, headers });
    return service.fetch(request, { clientAddress: () => from });
  };
}

/** The statuses of so many requests, one after another. */
async function statuses(times: number, ask: () => Promise<Response>): Promise<string> {
  const found: number[] = [];
  for (let time = 0; time < times; time++) found.push((await ask()).status);
  return [...new Set(found)].map((status) => `${found.filter((one) => one === status).length} x ${status}`).join(", ");
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** Verifies these keys. */
function verifierOf(...valid: string[]) {
  const asked: string[] = [];
  const hashes = new Map(valid.map((key) => [new Bun.CryptoHasher("sha256").update(key).digest("hex"), key]));
  const verifier: KeyVerifier = {
    async verify(sha256) {
      asked.push(sha256);
      const key = hashes.get(sha256);
      return key === undefined ? null : ({ id: key.slice(3, 11), scopes: ["read", "upload"] } as never);
    },
  };
  return { verifier, asked };
}

test("who asks too often is told when to come again, in a problem and in headers; and before, how much is left", async () => {
  const ask = setup({});
  const first = await ask("GET /read", "192.0.2.1");
  expect(first.headers.get("ratelimit-policy")).toBe('"default";q=3;w=60');
  expect(first.headers.get("ratelimit")).toMatch(/^"default";r=2;t=(60|59)$/);
  expect(await statuses(3, () => ask("GET /read", "192.0.2.1"))).toBe("2 x 200, 1 x 429");
  const refused = await ask("GET /read", "192.0.2.1", { origin: "http://localhost:4000" });
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  const { retry_after, detail, ...problem } = (await refused.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status: 429, title: "Too many requests", limit: 3, window_seconds: 60 });
  expect(detail).toBe(`Too many requests: at most 3 in 60 s; try again in ${retry_after} s`);
  expect(refused.headers.get("retry-after")).toBe(String(retry_after));
  expect(refused.headers.get("ratelimit")).toBe(`"default";r=0;t=${retry_after}`);
  expect(refused.headers.get("access-control-expose-headers")).toContain("RateLimit");
});

test("who is limited, and what counts", async () => {
  const [key, other] = [newApiKey(), newApiKey()];
  const open = () => setup({});
  const closed = () => setup({ keys: verifierOf(key, other).verifier });
  const limited = "3 x 200, 2 x 429";
  const free = "5 x 200";
  for (const [what, start, line, from, headers, expected] of [
    ["an address", open, "GET /read", "192.0.2.1", {}, limited],
    ["whatever it says of another", open, "GET /read", "192.0.2.1", { "x-forwarded-for": "192.0.2.9" }, limited],
    ["an address behind a proxy", open, "GET /read", "127.0.0.1", { "x-forwarded-for": "192.0.2.1" }, limited],
    ["behind two", open, "GET /read", "127.0.0.1", { "x-forwarded-for": "6.6.6.6, 192.0.2.1, 10.0.0.1" }, limited],
    ["a proxy that names nobody", open, "GET /read", "10.0.0.1", {}, free],
    ["this machine", open, "GET /read", "::1", {}, free],
    ["this machine, written as IPv6", open, "GET /read", "::ffff:127.0.0.1", {}, free],
    ["nobody knows who", open, "GET /read", null, {}, free],
    ["a key", closed, "GET /read", "192.0.2.1", bearer(key), limited],
    ["a key from this machine", closed, "GET /read", "127.0.0.1", bearer(key), limited],
    ["another service", closed, "GET /read", "192.0.2.1", bearer(serviceKey), free],
    ["a chunk", open, "POST /upload/chunk", "192.0.2.1", {}, free],
    ["a chunk with a key", closed, "POST /upload/chunk", "192.0.2.1", bearer(key), free],
    ["what plays", closed, "GET /segment", "192.0.2.1", bearer(key), free],
    ["health", open, "GET /health", "192.0.2.1", {}, free],
    ["what is nowhere", open, "GET /nowhere", "192.0.2.1", {}, "3 x 404, 2 x 429"],
  ] as const) {
    const ask = start();
    expect([what, await statuses(5, () => ask(line, from, headers))]).toEqual([what, expected]);
  }
});

test("callers do not count for each other; of IPv6 a subscriber's network is one", async () => {
  const [key, other] = [newApiKey(), newApiKey()];
  const ask = setup({ keys: verifierOf(key, other).verifier });
  expect(await statuses(4, () => ask("GET /read", "192.0.2.1", bearer(key)))).toBe("3 x 200, 1 x 429");
  expect(await statuses(4, () => ask("GET /read", "192.0.2.1", bearer(other)))).toBe("3 x 200, 1 x 429");
  expect((await ask("GET /read", "192.0.2.7", bearer(key))).status).toBe(429);
  const open = setup({});
  let address = 0;
  expect(await statuses(4, () => open("GET /read", `2001:db8::${++address}`))).toBe("3 x 200, 1 x 429");
  expect((await open("GET /read", "2001:db8:0:1::1")).status).toBe(200);
});

test("a flood of wrong keys is refused without a look at them, and one that is sent again and again counts once", async () => {
  const key = newApiKey();
  const { verifier, asked } = verifierOf(key);
  const ask = setup({ keys: verifier, failed: 20, perMinute: 0 });
  const revoked = newApiKey();
  expect(await statuses(100, () => ask("GET /read", "192.0.2.1", bearer(revoked)))).toBe("100 x 401");
  expect((await ask("GET /read", "192.0.2.1", bearer(key))).status).toBe(200);
  asked.length = 0;
  expect(await statuses(10_000, () => ask("GET /read", "192.0.2.1", bearer(newApiKey())))).toBe("19 x 401, 9981 x 429");
  expect(asked).toHaveLength(19);
  const refused = await ask("GET /read", "192.0.2.1", bearer(key));
  expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
  expect((await ask("POST /upload/chunk", "192.0.2.1", bearer(newApiKey()))).status).toBe(429);
  expect((await ask("GET /segment", "192.0.2.1", bearer(key))).status).toBe(200);
  expect((await ask("GET /read", "192.0.2.1")).status).toBe(401);
  expect((await ask("GET /read", "192.0.2.2", bearer(key))).status).toBe(200);
});

test("both limits can be switched off, and a limiter that processes share takes their place", async () => {
  const off = setup({ perMinute: 0, failed: 0, keys: verifierOf().verifier });
  expect(await statuses(200, () => off("GET /read", "192.0.2.1", bearer(newApiKey())))).toBe("200 x 401");
  const limits = rateLimitsOf({
    RATE_LIMIT_PER_MINUTE: 3,
    FAILED_KEYS_PER_MINUTE: 1,
    TRUSTED_PROXIES: parseProxies(""),
  });
  const both = [setup({ limits }), setup({ limits })];
  let turn = 0;
  expect(await statuses(4, async () => (both[turn++ % 2] ?? setup({}))("GET /read", "192.0.2.1"))).toBe(
    "3 x 200, 1 x 429",
  );
});

test("the document says of each operation that counts that it may be too often", async () => {
  const document = (await (await setup({})("GET /openapi.json", "192.0.2.1")).json()) as {
    paths: Record<string, Record<string, { responses: object }>>;
  };
  const counted = Object.entries(document.paths).filter(([, operations]) =>
    Object.values(operations).some(({ responses }) => "429" in responses),
  );
  expect(counted.map(([path]) => path)).toEqual(["/metrics", "/read"]);
});
