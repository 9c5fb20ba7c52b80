import { expect, test } from "bun:test";
import { hashOfKey } from "@video-backend/access/api-key";
import { callAsService, isServiceError, scopes } from "@video-backend/service";
import { createWorld, transcript } from "@video-backend/testing";
import { createKeyVerifier } from "../client.ts";
import { createMetadataService } from "../service.ts";
import { createTestMetadata } from "../testing.ts";
import { createFirstKey, createOwnVerifier } from "./keys.ts";

const serviceKey = `vbs_${"s".repeat(43)}`;

/** A metadata service with `AUTH=keys`, and the verifier of another service. */
async function setup() {
  const world = createWorld();
  const { deps } = createTestMetadata(world);
  const service = createMetadataService({ ...deps, keys: { serviceKey, verifier: createOwnVerifier(deps) } });
  const send = transcript(service);
  const admin = (await createFirstKey(deps, undefined)) ?? "";
  let isAway = false;
  let asked = 0;
  const call = callAsService(serviceKey, (request) => {
    asked++;
    if (isAway) throw new Error("connection refused");
    return service.fetch(request);
  });
  const verifier = createKeyVerifier("http://metadata.test", call, world.clock.now);
  const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
  return {
    deps,
    send,
    as,
    admin,
    clock: world.clock,
    asked: () => asked,
    verify: (key: string) => verifier.verify(hashOfKey(key)),
    leave: (away: boolean) => {
      isAway = away;
    },
    create: async (fields: object = {}) =>
      (await send("POST /keys", { json: { name: "site", scopes: ["read"], ...fields }, ...as(admin) })).body,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("a key is shown once, works, and is listed without its secret", async () => {
  await using metadata = await setup();
  const { send, as, admin, clock } = metadata;
  const created = await metadata.create({ scopes: ["upload", "read", "read"], expires_in_seconds: 60 });
  expect(created).toEqual({
    id: hashOfKey(created.key).slice(0, 16),
    key: expect.stringMatching(/^vb_[A-Za-z0-9_-]{43}$/),
    name: "site",
    scopes: ["read", "upload"],
    created_at: clock.now(),
    expires_at: clock.now() + 60,
    last_used_at: null,
  });
  expect((await send("GET /videos", as(created.key))).status).toBe(200);
  const { key: _, ...shown } = created;
  const listed = await send("GET /keys", as(admin));
  expect(listed.body.keys).toContainEqual({ ...shown, last_used_at: clock.now() });
  expect(JSON.stringify(listed.body)).not.toContain(created.key.slice(3));
  clock.advance(60);
  expect((await send("GET /videos", as(created.key))).status).toBe(401);
});

test("without a valid key the answer says that one is needed, and with a key that may not, which scope is missing", async () => {
  await using metadata = await setup();
  const { send, as } = metadata;
  const without = await send("GET /videos");
  expect(without).toMatchObject({ status: 401, body: { title: "Unauthorized" } });
  expect(without.headers.get("www-authenticate")).toStartWith("Bearer");
  const { key } = await metadata.create();
  expect(await send("DELETE /videos/a", as(key))).toMatchObject({
    status: 403,
    body: { detail: "The key lacks the scope write", missing_scope: "write", scopes: ["read"] },
  });
  expect(await send(`GET /keys/lookup?sha256=${hashOfKey(key)}`, as(metadata.admin))).toMatchObject({ status: 403 });
  expect((await send("GET /nowhere")).status).toBe(401);
  expect((await send("GET /nowhere", as(metadata.admin))).status).toBe(404);
});

test("a revoked key is refused here at once, and by the others when they ask again", async () => {
  await using metadata = await setup();
  const { send, as, admin, clock } = metadata;
  const { key, id } = await metadata.create();
  expect(await metadata.verify(key)).toMatchObject({ id, scopes: ["read"] });
  expect((await send(`DELETE /keys/${id}`, as(admin))).body).toEqual({ status: "revoked" });
  expect((await send("GET /videos", as(key))).status).toBe(401);
  expect((await send(`DELETE /keys/${id}`, as(admin))).status).toBe(404);
  clock.advance(4);
  expect(await metadata.verify(key)).toBeNull();
});

test("a key is asked about once in a few seconds, and once for requests at the same time", async () => {
  await using metadata = await setup();
  const { key } = await metadata.create();
  await Promise.all(Array.from({ length: 20 }, () => metadata.verify(key)));
  await metadata.verify(key);
  expect(metadata.asked()).toBe(1);
});

test("while metadata is away known keys work until they expire, and unknown ones are unavailable, not refused", async () => {
  await using metadata = await setup();
  const { clock } = metadata;
  const { key } = await metadata.create({ expires_in_seconds: 100 });
  const { key: unknown } = await metadata.create();
  await metadata.verify(key);
  metadata.leave(true);
  clock.advance(50);
  expect(await metadata.verify(key)).toMatchObject({ scopes: ["read"] });
  const refusal = await metadata.verify(unknown).catch((error: unknown) => error);
  expect(isServiceError(refusal, "unavailable")).toBeTrue();
  clock.advance(50);
  expect(await metadata.verify(key)).toBeNull();
  metadata.leave(false);
  expect(await metadata.verify(unknown)).not.toBeNull();
});

test("a session stands for its key until it is ended, expires, or the key is revoked", async () => {
  await using metadata = await setup();
  const { send, as, admin, clock } = metadata;
  const asService = as(serviceKey);
  const begin = async (id: string, expires_in_seconds = 60) =>
    (await send("POST /sessions", { json: { key_id: id, expires_in_seconds }, ...asService })).body;
  const { id, key } = await metadata.create({ expires_in_seconds: 600 });
  const [first, second, long] = [await begin(id), await begin(id), await begin(id, 9999)];
  expect(first).toEqual({ id: hashOfKey(first.token).slice(0, 16), token: first.token, expires_at: clock.now() + 60 });
  expect(long.expires_at).toBe(clock.now() + 600);
  expect(await metadata.verify(first.token)).toEqual({
    ...{ id, name: "site", scopes: ["read"], sessionId: first.id, expiresAt: first.expires_at },
  });
  const status = async (token: string) => (await send("GET /videos", as(token))).status;
  expect([await status(first.token), await status(second.token)]).toEqual([200, 200]);
  expect((await send(`DELETE /sessions/${first.id}`, asService)).body).toEqual({ status: "ended" });
  expect((await send(`DELETE /sessions/${first.id}`, asService)).status).toBe(404);
  expect([await status(first.token), await status(second.token)]).toEqual([401, 200]);
  clock.advance(60);
  expect([await status(second.token), await status(long.token), await metadata.verify(first.token)]).toEqual([
    401,
    200,
    null,
  ]);
  await send(`DELETE /keys/${id}`, as(admin));
  expect([await status(long.token), await metadata.verify(long.token)]).toEqual([401, null]);
  expect((await send("POST /sessions", { json: { key_id: id, expires_in_seconds: 1 }, ...asService })).status).toBe(
    404,
  );
  expect((await send("POST /sessions", { json: { key_id: id, expires_in_seconds: 1 }, ...as(key) })).status).toBe(401);
});

test("the first key has every scope and is made once; the operator's own is created unless it was revoked", async () => {
  await using metadata = await setup();
  const { deps, send, as, admin } = metadata;
  const [first] = await deps.apiKeys.list();
  expect(first).toMatchObject({ name: "admin", scopes: [...scopes] });
  expect(await createFirstKey(deps, undefined)).toBeNull();
  const own = `vb_${"o".repeat(43)}`;
  expect(await createFirstKey(deps, own)).toBeNull();
  expect((await send("GET /keys", as(own))).status).toBe(200);
  await send(`DELETE /keys/${hashOfKey(own).slice(0, 16)}`, as(admin));
  await createFirstKey(deps, own);
  expect((await send("GET /keys", as(own))).status).toBe(401);
  await expect(createFirstKey(deps, "password")).rejects.toThrow("ADMIN_API_KEY is not of the form");
});

test("where no keys are needed nobody is asked for one", async () => {
  await using world = createWorld();
  const send = transcript(createTestMetadata(world).service);
  expect((await send("GET /keys")).body).toEqual({ keys: [] });
  expect((await send("GET /videos", { headers: { authorization: "Bearer whatever" } })).status).toBe(200);
});
