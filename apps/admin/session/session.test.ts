import { expect, test } from "bun:test";
import { newServiceKey } from "@video-backend/access/api-key";
import { createMetadataService } from "@video-backend/metadata/service";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { callAsService, parseProxies, sessionCookie } from "@video-backend/service";
import { createWorld, transcript } from "@video-backend/testing";
import { createAdminService } from "../service.ts";
import { connectServices } from "../services/connect-services.ts";
import { createTestAdmin } from "../testing.ts";

const serviceKey = newServiceKey();
const proxies = parseProxies("10.0.0.1");
const own = { origin: "http://service.test" };

/** Admin and metadata with `AUTH=keys`. */
async function setup() {
  const world = createWorld();
  const other = createWorld();
  world.defer(() => other[Symbol.asyncDispose]());
  const { deps, verifier } = createTestMetadata(other);
  const keys = { serviceKey, verifier };
  const metadata = createMetadataService({ ...deps, keys });
  const urls = { upload: "", transcoding: "", streaming: "", metadata: "http://metadata.test" };
  const passed: Headers[] = [];
  const reach = (request: Request) => {
    passed.push(request.headers);
    return metadata.fetch(request);
  };
  const services = connectServices(urls, { retries: 0, fetch: reach, call: callAsService(serviceKey, reach) });
  const { store } = createTestAdmin(world);
  const admin = createAdminService({ store, services, keys, sessions: { seconds: 600, proxies }, log: world.log });
  const send = transcript(admin);
  const created = await transcript(metadata)("POST /keys", {
    json: { name: "mine", scopes: ["read"] },
    headers: { authorization: `Bearer ${serviceKey}` },
  });
  const { id, key } = created.body as { id: string; key: string };
  const logIn = (headers: Record<string, string> = {}) =>
    send("POST /session", { headers: { ...own, authorization: `Bearer ${key}`, ...headers } });
  return {
    send,
    logIn,
    id,
    key,
    admin,
    passed,
    clock: other.clock,
    revoke: () => deps.apiKeys.revoke(id),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const cookieIn = (headers: Headers) => headers.get("set-cookie") ?? "";
const sent = (headers: Headers) => ({ cookie: cookieIn(headers).split(";")[0] ?? "", ...own });

test("a key is exchanged for a cookie that scripts cannot read, and the answer holds neither", async () => {
  await using system = await setup();
  const { send, logIn, id, key, clock } = system;
  const answer = await logIn();
  expect(answer).toMatchObject({
    status: 200,
    body: { scopes: ["read"], key: { id, name: "mine" }, expires_at: clock.now() + 600 },
  });
  const cookie = cookieIn(answer.headers);
  expect(cookie).toMatch(/^studio-session=vbx_[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/);
  const token = /=([^;]+)/.exec(cookie)?.[1] ?? "";
  expect(JSON.stringify(answer.body)).not.toContain(token.slice(4));
  expect(JSON.stringify(answer.body)).not.toContain(key.slice(3));
  const headers = sent(answer.headers);
  expect((await send("GET /session", { headers })).body).toEqual(answer.body);
  expect((await send("GET /videos", { headers })).body).toEqual([]);
  expect((await send("DELETE /videos/film", { headers })).status).toBe(403);
  expect((await send("POST /session", { headers })).status).toBe(403);
});

test("a wrong key gets no cookie, and neither does a page of another origin get one with it", async () => {
  await using system = await setup();
  const wrong = await system.logIn({ authorization: `Bearer ${system.key.slice(0, -1)}_` });
  expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([401, null]);
  const foreign = await system.logIn({ origin: "https://evil.example" });
  expect([foreign.status, foreign.headers.get("set-cookie")]).toEqual([403, null]);
});

test("logging out ends the session itself, not the cookie alone", async () => {
  await using system = await setup();
  const { send, logIn } = system;
  const [mine, other] = [sent((await logIn()).headers), sent((await logIn()).headers)];
  const out = await send("DELETE /session", { headers: mine });
  expect([out.status, cookieIn(out.headers)]).toEqual([200, `${sessionCookie}=; Max-Age=0; Path=/`]);
  expect((await send("GET /videos", { headers: mine })).status).toBe(401);
  expect((await send("GET /videos", { headers: other })).status).toBe(200);
  expect((await send("DELETE /session", { headers: mine })).status).toBe(401);
});

test("a session ends with its time, and when its key is revoked", async () => {
  await using system = await setup();
  const { send, logIn, clock } = system;
  const first = sent((await logIn()).headers);
  clock.advance(600);
  expect((await send("GET /session", { headers: first })).status).toBe(401);
  const second = sent((await logIn()).headers);
  expect((await send("GET /session", { headers: second })).status).toBe(200);
  await system.revoke();
  expect((await send("GET /session", { headers: second })).status).toBe(401);
});

test("what is passed on has the session in the way of a key, and no cookie", async () => {
  await using system = await setup();
  const headers = sent((await system.logIn()).headers);
  system.passed.length = 0;
  await system.send("GET /videos", { headers: { ...headers, cookie: `${headers.cookie}; studio-theme=dark` } });
  const token = headers.cookie.slice(sessionCookie.length + 1);
  expect(system.passed.map((one) => [one.get("authorization"), one.get("cookie")])).toEqual([
    [`Bearer ${token}`, null],
  ]);
});

test("behind https the cookie is for https alone", async () => {
  await using system = await setup();
  const ask = async (peer: string) => {
    const headers = { authorization: `Bearer ${system.key}`, "x-forwarded-proto": "https" };
    const request = new Request("http://service.test/session", { method: "POST", headers });
    return cookieIn((await system.admin.fetch(request, { clientAddress: () => peer })).headers);
  };
  expect(await ask("10.0.0.1")).toContain("; Secure");
  expect(await ask("10.0.0.2")).not.toContain("Secure");
});

test("where nobody needs a key there is nothing to log in to, and everything may be done", async () => {
  await using world = createWorld();
  const send = transcript(createTestAdmin(world).service);
  expect((await send("POST /session")).status).toBe(409);
  expect((await send("GET /session")).body).toMatchObject({ key: null, scopes: expect.arrayContaining(["admin"]) });
  expect((await send("DELETE /session")).status).toBe(404);
});
