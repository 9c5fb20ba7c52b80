/**
 * Every route of the five OpenAPI documents with every kind of credential, each service with `AUTH=keys`. A session is the
 * cookie of admin's own pages: with a foreign Origin, and at the other services, it is nothing.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { signPlaybackToken } from "@video-backend/access";
import { hashOfKey, keyIdOf, newApiKey, newServiceKey, newUploadToken } from "@video-backend/access/api-key";
import { newSessionToken } from "@video-backend/access/session-token";
import { createAdminService } from "@video-backend/admin/service";
import { createTestAdmin } from "@video-backend/admin/testing";
import { createMetadataService } from "@video-backend/metadata/service";
import { createTestMetadata, testPlaybackKeys } from "@video-backend/metadata/testing";
import { createLog, type Keys, type Scope, type ServiceApp, scopes, sessionCookie } from "@video-backend/service";
import { exampleVideoId } from "@video-backend/service/contract";
import { createStreamingService } from "@video-backend/streaming/service";
import { createTestStreaming } from "@video-backend/streaming/testing";
import { createWorld } from "@video-backend/testing";
import { createTranscodingService } from "@video-backend/transcoding/service";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { createUploadService } from "@video-backend/upload/service";
import { createTestUpload } from "@video-backend/upload/testing";
import type { ServiceName } from "./system.ts";

function mapped(
  from: Record<string, string>,
  headersOf: (value: string) => Record<string, string>,
): Record<string, Record<string, string>> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, headersOf(value)]));
}

interface Operation {
  operationId: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; example?: unknown; schema: { example?: unknown } }[];
  responses: Record<string, unknown>;
}

const serviceKey = newServiceKey();
/** By whose it is. */
const secrets = {
  unknown: newApiKey(),
  expired: newApiKey(),
  revoked: newApiKey(),
  service: serviceKey,
  "own upload token": newUploadToken(),
  "unused upload token": newUploadToken(),
  "expired upload token": newUploadToken(),
  "unknown upload token": newUploadToken(),
  ...(Object.fromEntries(scopes.map((scope) => [scope, newApiKey()])) as Record<Scope, string>),
};
type Named = keyof typeof secrets;
/** Each of a key with the scope `read`, unless its name says another thing. */
const sessions = {
  session: newSessionToken(serviceKey),
  "ended session": newSessionToken(serviceKey),
  "expired session": newSessionToken(serviceKey),
  "session of a revoked key": newSessionToken(serviceKey),
  "session of another installation": newSessionToken(newServiceKey()),
};
const ownPage = { origin: "http://service.test" };
/** What is sent, by whose it is. */
const credentials: Record<string, Record<string, string>> = {
  nobody: {},
  ...mapped(secrets, (key) => ({ authorization: `Bearer ${key}` })),
  ...mapped(sessions, (token) => ({ cookie: `${sessionCookie}=${token}`, ...ownPage })),
  "session as a key": { authorization: `Bearer ${sessions.session}` },
  // A page of an origin that may do everything with a key.
  "session from an allowed origin": { cookie: `${sessionCookie}=${sessions.session}`, origin: "http://localhost:4000" },
  "session from a foreign origin": { cookie: `${sessionCookie}=${sessions.session}`, origin: "https://evil.example" },
  "session without an origin": { cookie: `${sessionCookie}=${sessions.session}` },
};

const world = createWorld();
const lines: string[] = [];
let services: Record<ServiceName | "streaming with ORIGINALS=key", Pick<ServiceApp, "fetch">>;

beforeAll(async () => {
  const log = createLog("test", "trace", { write: (line) => void lines.push(line) });
  const admin = createTestAdmin(world);
  const other = createWorld();
  world.defer(() => other[Symbol.asyncDispose]());
  const metadata = createTestMetadata(other);
  const transcoding = await createTestTranscoding(other, { metadata });
  const upload = createTestUpload(other, { metadata: metadata.client, transcoding: transcoding.client });
  const streaming = createTestStreaming(other, metadata.client);
  const { apiKeys, sessions: stored } = metadata.deps;
  const save = (name: Named, names: Scope[], expiresAt: number | null = null) => {
    const sha256 = hashOfKey(secrets[name]);
    return apiKeys.create({ id: keyIdOf(sha256), sha256, name, scopes: names, expiresAt });
  };
  for (const scope of scopes) await save(scope, [scope]);
  await save("expired", [...scopes], other.clock.now());
  await apiKeys.revoke((await save("revoked", [...scopes])).id);
  const open = async (name: keyof typeof sessions, key: Named, seconds: number) => {
    const sha256 = hashOfKey(sessions[name]);
    const keyId = keyIdOf(hashOfKey(secrets[key]));
    return stored.create({ id: keyIdOf(sha256), sha256, keyId, expiresAt: other.clock.now() + seconds });
  };
  await open("session", "read", 60);
  await open("session of a revoked key", "revoked", 60);
  await open("session of another installation", "read", 60);
  await stored.end((await open("ended session", "read", 60)).id);
  await open("expired session", "read", 0);
  const keys: Keys = { serviceKey, verifier: metadata.verifier };
  for (const name of ["own", "unused", "expired"] as const) {
    const sha256 = hashOfKey(secrets[`${name} upload token`]);
    const expiresAt = other.clock.now() + (name === "expired" ? 0 : 3600);
    const further = { title: null, visibility: null, maxBytes: null, expiresAt };
    await upload.deps.tokens.create({ id: keyIdOf(sha256), sha256, ...further });
  }
  const film = { ...{ id: exampleVideoId, filename: "film.mp4", storedName: null, title: null, totalChunks: 1 } };
  const unknown = { fileSizeBytes: null, chunkSizeBytes: null, sourceUrl: null, uploadMetadata: null, client: null };
  const record = { ...film, ...unknown, appendedBytes: 0, visibility: null, maxBytes: null };
  const ownToken = keyIdOf(hashOfKey(secrets["own upload token"]));
  expect(await upload.deps.uploads.create(record, () => {}, ownToken)).toBeTrue();
  const { store } = admin;
  // Upload verifies the tokens that admin hands on.
  admin.bringBack("upload", (request) => {
    if (!request.headers.has("authorization")) request.headers.set("authorization", `Bearer ${serviceKey}`);
    return services.upload.fetch(request);
  });
  services = {
    admin: createAdminService({ store, services: admin.services, log, keys }),
    metadata: createMetadataService({ ...metadata.deps, log, keys }),
    transcoding: createTranscodingService({ ...transcoding.deps, log, keys }),
    upload: createUploadService({ ...upload.deps, log, keys }),
    streaming: createStreamingService({ ...streaming.deps, log, keys }),
    "streaming with ORIGINALS=key": createStreamingService({ ...streaming.deps, log, keys, originals: "key" }),
  };
}, 30_000);
afterAll(() => world[Symbol.asyncDispose]());

async function operationsOf(service: Pick<ServiceApp, "fetch">) {
  const answer = await service.fetch(new Request("http://service.test/openapi.json"));
  const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );
}

/** The path with the examples of its parameters. */
function exampleOf({ path, parameters = [] }: { path: string } & Operation): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name === "token") return signPlaybackToken(testPlaybackKeys, exampleVideoId, world.clock.now() + 3600);
    const parameter = parameters.find((one) => one.in === "path" && one.name === name);
    return String(parameter?.example ?? parameter?.schema.example);
  });
}

const readingMethods = ["GET", "HEAD", "OPTIONS"];

/** What the contract says of a caller. */
function expected(
  operation: { path: string } & Operation,
  who: string,
  method: string,
  isAdmin: boolean,
): "let in" | 401 | 403 {
  const { path, security = [], operationId } = operation;
  const isReading = readingMethods.includes(method);
  if (who === "session from a foreign origin" && !isReading) return 403;
  if (security.length === 0 || who === "service") return "let in";
  if (who.endsWith("upload token")) {
    if (!security.some((one) => one.uploadToken)) return 403;
    if (who.startsWith("expired") || who.startsWith("unknown")) return 401;
    return who.startsWith("own") || !path.includes("{") ? "let in" : 403;
  }
  const isCookie = "cookie" in (credentials[who] ?? {});
  if (isCookie && !isAdmin) return 401;
  const isForeign = who.endsWith(" origin") && !(who === "session without an origin" && isReading);
  if (isCookie && isForeign) return 403;
  const isSession = isCookie || who === "session as a key";
  if (isSession && who !== "session" && who in sessions) return 401;
  // A session does not make another one.
  if (isSession && operationId === "logIn") return 403;
  const scope = isSession ? "read" : who;
  if (!(scopes as readonly string[]).includes(scope)) return 401;
  return security.some(({ apiKey }) => apiKey && (apiKey.length === 0 || apiKey.includes(scope))) ? "let in" : 403;
}

test("every route lets in whom its contract says, and nobody else", async () => {
  const wrong: string[] = [];
  let asked = 0;
  for (const [name, service] of Object.entries(services)) {
    for (const operation of await operationsOf(service)) {
      if (operation.security === undefined) wrong.push(`${name} ${operation.operationId} declares nothing`);
      for (const [who, headers] of Object.entries(credentials)) {
        const { method } = operation;
        const request = new Request(`http://service.test${exampleOf(operation)}`, { method, headers });
        const response = await service.fetch(request);
        const told = response.status === 401 || response.status === 403 ? response.status : "let in";
        await response.body?.cancel();
        asked++;
        const meant = expected(operation, who, method, name === "admin");
        const line = `${name}: ${method} ${operation.path} as ${who} is ${told}, not ${meant}`;
        if (told !== meant) wrong.push(line);
        if (told === 401 && !response.headers.get("www-authenticate")?.startsWith("Bearer")) wrong.push(line);
        if (told !== "let in" && !(String(told) in operation.responses)) wrong.push(`${line}, which is not declared`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(2000);
}, 60_000);

test("nothing is open, for any key, for services alone or for admins but this", async () => {
  const found: Record<string, Set<string>> = {
    anybody: new Set(),
    anyKey: new Set(),
    services: new Set(),
    admin: new Set(),
  };
  for (const service of Object.values(services)) {
    for (const { operationId, security = [] } of await operationsOf(service)) {
      if (security.length === 0) found.anybody?.add(operationId);
      if (security.some((one) => one.apiKey?.length === 0)) found.anyKey?.add(operationId);
      if (security.some((one) => one.serviceKey)) found.services?.add(operationId);
      if (security.some((one) => one.apiKey?.includes("admin"))) found.admin?.add(operationId);
    }
  }
  expect(Object.fromEntries(Object.entries(found).map(([who, names]) => [who, [...names].sort()]))).toEqual({
    admin: [
      ...["cleanStorage", "cleanStreams", "createKey", "createWebhook", "deleteWebhook", "inspectStorage"],
      ...["inspectStreams", "listDeliveries", "listKeys", "listWebhooks", "repairFiles", "resendDelivery"],
      "revokeKey",
    ],
    anybody: [
      ...[
        "checkLive",
        "checkReady",
        "describeTus",
        "getAsset",
        "getMaster",
        "getOembed",
        "getOriginal",
        "getPlaylist",
        "getSegment",
      ],
      ...["getVideoFile", "getWatchPage", "health", "listQualities", "listTranscodedQualities", "playByToken"],
      "playVideo",
    ],
    anyKey: ["getSession", "logIn", "logOut"],
    services: ["createSession", "demandSegment", "endSession", "lookUpKey", "reportExpiredUpload", "restoreFile"],
  });
});

test("an upload token is for nothing but sending its upload", async () => {
  for (const name of ["upload", "admin"] as const) {
    const operations = await operationsOf(services[name]);
    const found = operations.filter(({ security = [] }) => security.some((one) => one.uploadToken));
    expect(found.map(({ operationId }) => operationId).sort()).toEqual([
      ...["appendToTusUpload", "completeUpload", "createTusUpload", "endTusUpload", "findTusOffset", "getUpload"],
      ...["initUpload", "putChunk", "receiveChunk"],
    ]);
  }
});

test("the original is for keys alone where the operator says so, under every path that leads to it", async () => {
  const service = services["streaming with ORIGINALS=key"];
  const status = async (path: string, who: string, method = "GET") => {
    const headers = credentials[who] ?? {};
    return (await service.fetch(new Request(`http://service.test${path}`, { method, headers }))).status;
  };
  for (const path of ["/stream/film/original", "/stream/film/%6Friginal", "/play/token/film/original"]) {
    expect([path, await status(path, "nobody"), await status(path, "nobody", "HEAD")]).toEqual([path, 401, 401]);
    expect([path, await status(path, "upload")]).toEqual([path, 403]);
  }
  expect(await status("/stream/film/original", "read")).toBe(404);
  expect(await status("/stream/film/master.m3u8", "nobody")).toBe(404);
});

test("no key and no session is in any log", () => {
  const log = lines.join("");
  const key = keyIdOf(hashOfKey(secrets.read));
  expect(log).toContain(`"key:${key}"`);
  expect(log).toContain(`"key:${key} session:${keyIdOf(hashOfKey(sessions.session))}"`);
  const all = Object.entries({ ...secrets, ...sessions });
  expect(all.filter(([, secret]) => log.includes(secret)).map(([name]) => name)).toEqual([]);
});
