import { expect, test } from "bun:test";
import type { Bundle, BundledFile } from "@video-backend/bundle";
import type { Keys } from "@video-backend/service";
import { createWorld, transcript } from "@video-backend/testing";
import type { StudioDeps } from "../deps.ts";
import { createAdminService } from "../service.ts";
import { connectServices } from "../services/connect-services.ts";
import { createTestAdmin } from "../testing.ts";

const script = new TextEncoder().encode("script");
const file: BundledFile = {
  name: "studio-abc.js",
  mediaType: "text/javascript; charset=utf-8",
  bodies: { identity: script, gzip: script, br: script },
};
const bundle: Bundle = {
  files: new Map([[file.name, file]]),
  nameOf: (entry) => entry.replace(".", "-abc."),
};

function setup(studio: Partial<StudioDeps> = {}, keys?: Keys) {
  const world = createWorld();
  const urls = {
    upload: "http://upload.internal:8001",
    transcoding: "http://transcoding.internal:8002",
    metadata: "http://metadata.internal:8003",
    streaming: "http://streaming.internal:8004",
  };
  const service = createAdminService({
    store: createTestAdmin(world).store,
    services: connectServices(urls),
    studio: { bundle: async () => bundle, publicStreamingUrl: undefined, ...studio },
    keys,
    log: world.log,
  });
  return { service, send: transcript(service), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test.each(["/", "/studio/system", "/studio/keys", "/studio/webhooks", "/studio/videos/abc"])(
  "%s is the page, which is never kept",
  async (path) => {
    await using admin = setup();
    const reply = await admin.send(`GET ${path}`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(reply.headers.get("cache-control")).toBe("no-cache");
    const loaded = [...reply.body.matchAll(/(?:src|href)="([^"]+\/studio-abc\.[^"]+)"/g)].map(([, address]) => address);
    expect(loaded).toHaveLength(2);
    // Below whatever prefix a proxy has put the pages.
    for (const prefix of ["", "/media", "/a/b"]) {
      for (const address of loaded) {
        const { pathname } = new URL(address ?? "", `http://service.test${prefix}${path}`);
        expect(pathname).toStartWith(`${prefix}/studio/assets/studio-abc.`);
      }
    }
  },
);

test("the page runs no script but its own, and is in nobody's frame", async () => {
  await using admin = setup();
  const policy = (await admin.send("GET /")).headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("connect-src 'self' http://service.test:8004;");
  expect(policy).toContain("frame-ancestors 'none'");
});

test("addresses are those by which the reader's browser reaches the services, or streaming's as configured", async () => {
  await using admin = setup();
  const addressesIn = (page: string) => JSON.parse(/id="settings">(.*?)<\/script>/.exec(page)?.[1] ?? "").addresses;
  expect(addressesIn((await admin.send("GET /")).body)).toEqual({
    upload: "http://service.test:8001",
    transcoding: "http://service.test:8002",
    metadata: "http://service.test:8003",
    streaming: "http://service.test:8004",
    admin: "http://service.test",
  });
  await using behindProxy = setup({ publicStreamingUrl: "https://video.example/streams" });
  const reply = await behindProxy.send("GET /");
  expect(addressesIn(reply.body).streaming).toBe("https://video.example/streams");
  expect(reply.headers.get("content-security-policy")).toContain("connect-src 'self' https://video.example;");
});

test("where keys are needed everything is reached by the page's own address, and the page is there without one", async () => {
  const keys = { serviceKey: "s".repeat(32), verifier: { verify: async () => null } };
  await using admin = setup({}, keys);
  const { status, body, headers } = await admin.send("GET /studio/keys");
  expect(status).toBe(200);
  const settings = JSON.parse(/id="settings">(.*?)<\/script>/.exec(body)?.[1] ?? "");
  expect(settings.auth).toBe("keys");
  expect(new Set(Object.values(settings.addresses))).toEqual(new Set(["http://service.test"]));
  expect(headers.get("content-security-policy")).not.toContain(":8004");
  expect((await admin.send("GET /videos")).status).toBe(401);
});

test("the theme that was chosen is there from the start, and nothing else is taken for one", async () => {
  await using admin = setup();
  const withCookie = async (cookie: string) => (await admin.send("GET /", { headers: { cookie } })).body;
  expect(await withCookie("studio-theme=dark")).toContain('<html lang="en" data-theme="dark">');
  expect(await withCookie('studio-theme="><script>')).toContain('<html lang="en">');
});

test("what pages load is kept for ever, and what there is not is not found", async () => {
  await using admin = setup();
  const reply = await admin.send("GET /studio/assets/studio-abc.js");
  expect(reply).toMatchObject({ status: 200, body: "script" });
  expect(reply.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  for (const path of ["/studio/assets/none.js", "/studio/assets/..%2f..%2fmain.ts", "/studio/other", "/studio"]) {
    expect((await admin.send(`GET ${path}`)).status).toBe(404);
  }
});

test("without a studio the service is as it was", async () => {
  await using world = createWorld();
  expect((await transcript(createTestAdmin(world).service)("GET /")).status).toBe(404);
});
