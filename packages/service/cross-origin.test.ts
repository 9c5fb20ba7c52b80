import { describe, expect, test } from "bun:test";
import { settings } from "./config.ts";
import { createService } from "./create-service.ts";
import { type CrossOriginConfig, crossOriginRulesOf } from "./cross-origin.ts";
import { ServiceError } from "./errors.ts";
import { createLog } from "./log.ts";
import { createRouter } from "./router.ts";

type Environment = Partial<Record<"HOST" | "ALLOWED_ORIGINS" | "ALLOWED_HOSTS", string>>;

/** A service with a route of each kind, as configured; `changes` counts what was done. */
function setup({ HOST = "127.0.0.1", ALLOWED_ORIGINS, ALLOWED_HOSTS }: Environment = {}) {
  const config: CrossOriginConfig = {
    HOST,
    ALLOWED_ORIGINS: settings.ALLOWED_ORIGINS.parse(ALLOWED_ORIGINS),
    ALLOWED_HOSTS: settings.ALLOWED_HOSTS.parse(ALLOWED_HOSTS),
  };
  let changes = 0;
  const routes = createRouter();
  routes.get("/thing", (c) => c.text("secret", 200, { vary: "Accept", etag: '"1"' }));
  routes.on(["POST", "PUT", "PATCH", "DELETE"], "/thing", (c) => c.json({ changes: ++changes }));
  routes.get("/unchanged", (c) => c.newResponse(null, 304));
  routes.get("/part", (c) => c.newResponse("se", 206, { "content-range": "bytes 0-1/6" }));
  routes.get("/forbidden", () => {
    throw new ServiceError("forbidden", "Not for you");
  });
  routes.get("/busy", () => {
    throw new ServiceError("unavailable", "Not now");
  });
  routes.get("/broken", () => {
    throw new Error("broken");
  });
  const log = createLog("test", "silent");
  const crossOrigin = crossOriginRulesOf(config);
  const service = createService({ name: "test", title: "T", description: "T", log, checks: {}, crossOrigin }, routes);
  return {
    changes: () => changes,
    /** Answers status, headers and body of a request such as `GET /thing`. */
    async send(line: string, headers: Record<string, string> = {}) {
      const [method = "", path = ""] = line.split(" ");
      const request = new Request(`http://localhost:8001${path}`, {
        method,
        headers: { host: "localhost:8001", ...headers },
      });
      const reply = await service.fetch(request);
      return { status: reply.status, headers: reply.headers, text: await reply.text() };
    },
  };
}

describe("a Host", () => {
  test.each([
    ...["localhost", "localhost:8001", "LOCALHOST", "localhost.", "studio.localhost:4000"],
    ...["127.0.0.1", "127.0.0.1:8001", "127.1.2.3:1", "127.1", "[::1]", "[::1]:8001", "[0:0:0:0:0:0:0:1]"],
  ])("of loopback is answered: %s", async (host) => {
    for (const environment of [{}, { ALLOWED_HOSTS: "video.example" }, { HOST: "0.0.0.0" }]) {
      expect((await setup(environment).send("GET /thing", { host })).status).toBe(200);
    }
  });

  const foreign = [
    ...["evil.example", "evil.example:8001", "localhost.evil.example", "127.0.0.1.nip.io", "localhost-evil"],
    ...[
      "evillocalhost",
      "0.0.0.0:8001",
      "10.0.0.1",
      "128.0.0.1",
      "[::2]",
      "[::ffff:7f00:1]",
      "video.example.evil.example",
    ],
  ];

  test.each(foreign)("that is another is refused, whatever is asked: %s", async (host) => {
    for (const environment of [
      {},
      { HOST: "::1" },
      { HOST: "localhost" },
      { HOST: "0.0.0.0", ALLOWED_HOSTS: "a.example" },
    ]) {
      const service = setup(environment);
      for (const line of [
        "GET /thing",
        "HEAD /thing",
        "DELETE /thing",
        "POST /thing",
        "GET /health",
        "GET /docs",
        "GET /nothing",
      ]) {
        const reply = await service.send(line, { host });
        expect(reply.status).toBe(403);
        expect(reply.text).not.toContain("secret");
      }
      const preflight = { host, origin: "http://localhost:4000", "access-control-request-method": "PUT" };
      expect((await service.send("OPTIONS /thing", preflight)).status).toBe(403);
      expect(service.changes()).toBe(0);
    }
    expect((await setup().send("GET /thing", { host })).text).toContain("ALLOWED_HOSTS");
  });

  test.each(foreign)(
    "that is another is answered where a service listens to others and no host is named: %s",
    async (host) => {
      expect((await setup({ HOST: "0.0.0.0" }).send("GET /thing", { host })).status).toBe(200);
      expect((await setup({ ALLOWED_HOSTS: "*" }).send("GET /thing", { host })).status).toBe(200);
    },
  );

  test.each([
    "upload:8001",
    "video.example",
    "VIDEO.example.:443",
    "10.0.0.5:80",
    "[fd00::1]:8001",
    "xn--bcher-kva.example",
  ])("that is named is answered: %s", async (host) => {
    const environment = { ALLOWED_HOSTS: "upload, Video.Example ,10.0.0.5,[FD00::1], bücher.example" };
    expect((await setup(environment).send("GET /thing", { host })).status).toBe(200);
  });

  test.each([
    "a b",
    "a/b",
    "a?b",
    "user@localhost",
    "localhost, evil.example",
    "localhost:99999",
    "localhost:80:80",
    "a\\b",
  ])("that is none is 400: %s", async (host) => {
    for (const environment of [{}, { HOST: "0.0.0.0" }]) {
      expect((await setup(environment).send("GET /thing", { host })).status).toBe(400);
    }
  });

  test("that is left out or empty is answered: no browser does that", async () => {
    expect((await setup().send("GET /thing", { host: "" })).status).toBe(200);
  });
});

const methods = ["POST", "PUT", "PATCH", "DELETE"];

describe("a page of another origin", () => {
  test.each([
    ...[
      "http://localhost:4000",
      "https://localhost:4000",
      "http://localhost",
      "http://127.0.0.1:9",
      "https://[::1]:3000",
    ],
  ])("on this machine may do everything: %s", async (origin) => {
    const service = setup();
    for (const method of methods) {
      const preflight = await service.send("OPTIONS /anything/at/all", {
        origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-digest,x-my-own,tus-resumable",
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
      expect(preflight.headers.get("access-control-allow-methods")?.split(",")).toContain(method);
      const granted = preflight.headers.get("access-control-allow-headers")?.toLowerCase().split(",");
      expect(granted).toEqual(expect.arrayContaining(["content-digest", "x-my-own", "tus-resumable", "range"]));
      const site = { "sec-fetch-site": "cross-site" };
      expect((await service.send(`${method} /thing`, { origin, ...site })).status).toBe(200);
    }
  });

  test.each([
    "/thing",
    "/unchanged",
    "/part",
    "/forbidden",
    "/busy",
    "/broken",
    "/nothing",
    "/health",
    "/openapi.json",
  ])("reads every answer where it is allowed to, and none elsewhere: %s", async (path) => {
    const service = setup({ ALLOWED_ORIGINS: "https://App.example/" });
    const read = await service.send(`GET ${path}`, { origin: "https://app.example" });
    expect(read.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(read.headers.get("access-control-allow-credentials")).toBe("true");
    const exposed = read.headers.get("access-control-expose-headers")?.split(",");
    const wanted = ["Location", "Upload-Offset", "Content-Range", "ETag", "Retry-After", "X-Request-Id"];
    expect(exposed).toEqual(expect.arrayContaining(wanted));
    for (const origin of ["https://other.example", "http://localhost:4000", "null"]) {
      const { status, headers } = await service.send(`GET ${path}`, { origin });
      expect(status).toBe(read.status);
      expect(headers.get("access-control-allow-origin")).toBeNull();
      expect(headers.get("vary")?.split(", ")).toContain("Origin");
    }
    expect((await service.send(`GET ${path}`)).headers.get("vary")?.split(", ")).toContain("Origin");
  });

  test.each([
    ...[
      "https://evil.example",
      "null",
      "",
      "http://localhost.evil.example",
      "http://127.0.0.1.nip.io",
      "http://localhost@evil.example",
    ],
    ...[
      "http://localhost:4000@evil.example",
      "http://localhost:4000, http://evil.example",
      "file://",
      "ftp://localhost",
    ],
    ...[
      "http://localhost:4000/",
      "http://localhost:",
      "http://localhost:*",
      "http://evillocalhost",
      "localhost:4000",
      "http://[::2]",
    ],
  ])("that is not allowed changes nothing: %s", async (origin) => {
    const service = setup();
    for (const method of methods) {
      for (const fetchHeaders of [{}, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
        const reply = await service.send(`${method} /thing`, { origin, ...fetchHeaders });
        expect(reply.status).toBe(403);
        expect(JSON.parse(reply.text).detail).toContain("ALLOWED_ORIGINS");
        expect(reply.headers.get("access-control-allow-origin")).toBeNull();
      }
      const preflight = await service.send("OPTIONS /thing", { origin, "access-control-request-method": method });
      expect(preflight.status).toBe(403);
      expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect(service.changes()).toBe(0);
  });

  test("changes nothing by a request without an Origin either", async () => {
    const service = setup();
    expect((await service.send("POST /thing", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await service.send("GET /thing", { "sec-fetch-site": "cross-site" })).status).toBe(200);
    expect(service.changes()).toBe(0);
  });

  test("may do everything where all origins are allowed, without credentials", async () => {
    const service = setup({ ALLOWED_ORIGINS: "*" });
    for (const origin of ["https://any.example", "null"]) {
      const reply = await service.send("POST /thing", { origin });
      expect(reply.status).toBe(200);
      expect(reply.headers.get("access-control-allow-origin")).toBe("*");
      expect(reply.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });

  test("is let into a private network where it is allowed", async () => {
    const preflight = { "access-control-request-method": "GET", "access-control-request-private-network": "true" };
    const ask = (origin: string) => setup().send("OPTIONS /thing", { ...preflight, origin });
    expect((await ask("http://localhost:4000")).headers.get("access-control-allow-private-network")).toBe("true");
    expect((await ask("https://evil.example")).headers.get("access-control-allow-private-network")).toBeNull();
  });
});

describe("what comes from no other origin is let through", () => {
  const own: [string, Record<string, string>][] = [
    ["a client that is no browser", {}],
    ["a page of this service, as the browser says", { "sec-fetch-site": "same-origin" }],
    ["it behind a proxy that changes the host", { origin: "https://video.example", "sec-fetch-site": "same-origin" }],
    ["it under a policy that hides its origin", { origin: "null", "sec-fetch-site": "same-origin" }],
    ["a person, by the address bar", { "sec-fetch-site": "none" }],
    ["it where the browser only names the origin", { origin: "http://video.lan:8005", host: "Video.lan:8005" }],
    ["it behind TLS, where the browser only names the origin", { origin: "https://video.lan", host: "video.lan" }],
  ];
  test.each(own)("%s", async (_, headers) => {
    expect((await setup({ HOST: "0.0.0.0" }).send("POST /thing", headers)).status).toBe(200);
  });

  test("and another port of the same host is another origin", async () => {
    const headers = { origin: "http://video.lan:1", host: "video.lan:8005" };
    expect((await setup({ HOST: "0.0.0.0" }).send("POST /thing", headers)).status).toBe(403);
  });
});

describe("the settings", () => {
  test.each([
    "https://a.example/path",
    "a.example",
    "https://",
    "https://a.example:x",
    "https://u@a.example",
    "https://*.example",
  ])("%s is no origin", (text) => expect(() => settings.ALLOWED_ORIGINS.parse(text)).toThrow("is no origin such as"));
  test.each(["https://a.example", "a.example:80", "a b", "a/b", "u@a"])("%s is no host", (text) =>
    expect(() => settings.ALLOWED_HOSTS.parse(text)).toThrow("is no host such as"),
  );
  test("take the spellings that people use", () => {
    const list = "HTTPS://App.Example:443/, http://a.example:*,capacitor://localhost";
    expect(settings.ALLOWED_ORIGINS.parse(list)).toEqual([
      "https://app.example",
      "http://a.example:*",
      "capacitor://localhost",
    ]);
  });
});
