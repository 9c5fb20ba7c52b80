/** Every route of the five OpenAPI documents with every kind of credential, each service with `AUTH=keys`. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { signPlaybackToken } from "@video-backend/access";
import { hashOfKey, keyIdOf, newApiKey, newServiceKey } from "@video-backend/access/api-key";
import { createAdminService } from "@video-backend/admin/service";
import { createTestAdmin } from "@video-backend/admin/testing";
import { createMetadataService } from "@video-backend/metadata/service";
import { createTestMetadata, testPlaybackKeys } from "@video-backend/metadata/testing";
import { createLog, type Keys, type Scope, type ServiceApp, scopes } from "@video-backend/service";
import { exampleVideoId } from "@video-backend/service/contract";
import { createStreamingService } from "@video-backend/streaming/service";
import { createTestStreaming } from "@video-backend/streaming/testing";
import { createWorld } from "@video-backend/testing";
import { createTranscodingService } from "@video-backend/transcoding/service";
import { createTestTranscoding } from "@video-backend/transcoding/testing";
import { createUploadService } from "@video-backend/upload/service";
import { createTestUpload } from "@video-backend/upload/testing";
import type { ServiceName } from "./system.ts";

interface Operation {
  operationId: string;
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string; example?: unknown; schema: { example?: unknown } }[];
  responses: Record<string, unknown>;
}

const serviceKey = newServiceKey();
/** By whose it is. */
const credentials: Record<string, string | undefined> = {
  nobody: undefined,
  unknown: `Bearer ${newApiKey()}`,
  expired: `Bearer ${newApiKey()}`,
  revoked: `Bearer ${newApiKey()}`,
  service: `Bearer ${serviceKey}`,
  ...Object.fromEntries(scopes.map((scope) => [scope, `Bearer ${newApiKey()}`])),
};
const keyOf = (name: string): string => (credentials[name] ?? "").replace("Bearer ", "");

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
  const { apiKeys } = metadata.deps;
  const save = (name: string, names: Scope[], expiresAt: number | null = null) => {
    const sha256 = hashOfKey(keyOf(name));
    return apiKeys.create({ id: keyIdOf(sha256), sha256, name, scopes: names, expiresAt });
  };
  for (const scope of scopes) await save(scope, [scope]);
  await save("expired", [...scopes], other.clock.now());
  await apiKeys.revoke((await save("revoked", [...scopes])).id);
  const keys: Keys = { serviceKey, verifier: metadata.verifier };
  const { store } = admin;
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

/** What the contract says of a caller. */
function expected({ security = [] }: Operation, who: string): "let in" | 401 | 403 {
  if (security.length === 0 || who === "service") return "let in";
  if (!(scopes as readonly string[]).includes(who)) return 401;
  return security.some((one) => one.apiKey?.includes(who)) ? "let in" : 403;
}

test("every route lets in whom its contract says, and nobody else", async () => {
  const wrong: string[] = [];
  let asked = 0;
  for (const [name, service] of Object.entries(services)) {
    for (const operation of await operationsOf(service)) {
      if (operation.security === undefined) wrong.push(`${name} ${operation.operationId} declares nothing`);
      for (const [who, authorization] of Object.entries(credentials)) {
        const { method } = operation;
        const request = new Request(`http://service.test${exampleOf(operation)}`, {
          method,
          headers: authorization === undefined ? {} : { authorization },
        });
        const response = await service.fetch(request);
        const told = response.status === 401 || response.status === 403 ? response.status : "let in";
        await response.body?.cancel();
        asked++;
        const meant = expected(operation, who);
        const line = `${name}: ${method} ${operation.path} as ${who} is ${told}, not ${meant}`;
        if (told !== meant) wrong.push(line);
        if (told === 401 && !response.headers.get("www-authenticate")?.startsWith("Bearer")) wrong.push(line);
        if (told !== "let in" && !(String(told) in operation.responses)) wrong.push(`${line}, which is not declared`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(1000);
}, 60_000);

test("nothing is open, for services alone or for admins but this", async () => {
  const found: Record<string, Set<string>> = { anybody: new Set(), services: new Set(), admin: new Set() };
  for (const service of Object.values(services)) {
    for (const { operationId, security = [] } of await operationsOf(service)) {
      if (security.length === 0) found.anybody?.add(operationId);
      if (security.some((one) => one.serviceKey)) found.services?.add(operationId);
      if (security.some((one) => one.apiKey?.includes("admin"))) found.admin?.add(operationId);
    }
  }
  expect(Object.fromEntries(Object.entries(found).map(([who, names]) => [who, [...names].sort()]))).toEqual({
    admin: ["cleanStorage", "cleanStreams", "createKey", "inspectStorage", "inspectStreams", "listKeys", "revokeKey"],
    anybody: [
      ...["describeTus", "getAsset", "getMaster", "getOembed", "getOriginal", "getPlaylist", "getSegment"],
      ...["getVideoFile", "getWatchPage", "health", "listQualities", "listTranscodedQualities", "playByToken"],
      "playVideo",
    ],
    services: ["demandSegment", "lookUpKey", "restoreFile"],
  });
});

test("the original is for keys alone where the operator says so, under every path that leads to it", async () => {
  const service = services["streaming with ORIGINALS=key"];
  const status = async (path: string, who: string, method = "GET") => {
    const authorization = credentials[who];
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    return (await service.fetch(new Request(`http://service.test${path}`, { method, headers }))).status;
  };
  for (const path of ["/stream/film/original", "/stream/film/%6Friginal", "/play/token/film/original"]) {
    expect([path, await status(path, "nobody"), await status(path, "nobody", "HEAD")]).toEqual([path, 401, 401]);
    expect([path, await status(path, "upload")]).toEqual([path, 403]);
  }
  expect(await status("/stream/film/original", "read")).toBe(404);
  expect(await status("/stream/film/master.m3u8", "nobody")).toBe(404);
});

test("no key is in any log", () => {
  const log = lines.join("");
  expect(log).toContain(`key:${keyIdOf(hashOfKey(keyOf("read")))}`);
  expect(Object.keys(credentials).filter((name) => name !== "nobody" && log.includes(keyOf(name)))).toEqual([]);
});
