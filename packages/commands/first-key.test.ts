import { expect, test } from "bun:test";
import { createMetadataService } from "@video-backend/metadata/service";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { serviceKeyFile } from "@video-backend/storage/layout";
import { createWorld } from "@video-backend/testing";
import { createFirstKey } from "./first-key.ts";
import { accessProblem } from "./preflight.ts";
import { readSetup } from "./services.ts";

test("a start that needs keys shows one with every scope, once, by the service key in the storage", async () => {
  await using world = createWorld();
  const { deps, verifier } = createTestMetadata(world);
  const serviceKey = `vbs_${"s".repeat(43)}`;
  await Bun.write(world.path(serviceKeyFile), `${serviceKey}\n`);
  const service = createMetadataService({ ...deps, keys: { serviceKey, verifier } });
  const setup = readSetup({ STORAGE_DIR: world.directory, AUTH: "keys" });
  const send = (request: Request) => service.fetch(request);
  const [, key] = await createFirstKey(setup, send);
  const headers = { authorization: `Bearer ${key}` };
  expect((await service.fetch(new Request("http://metadata.test/keys", { headers }))).status).toBe(200);
  expect(await createFirstKey(setup, send)).toEqual([]);
  expect(await createFirstKey(readSetup({ STORAGE_DIR: world.directory }), send)).toEqual([]);
});

test("what would be open to a network is not started", () => {
  expect(accessProblem(readSetup({ HOST: "0.0.0.0", AUTH: "open" }))).toContain("AUTH_OPEN_ON_NETWORK=yes");
  expect(accessProblem(readSetup({ HOST: "0.0.0.0" }))).toBeNull();
});
