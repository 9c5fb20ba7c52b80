import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { setup } from "./test-setup.ts";

test("the speed test is 1 MiB of bytes that are never cached", async () => {
  await using upload = setup();
  const response = await upload.service.fetch(new Request("http://upload.test/api/speedtest"));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/octet-stream");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect(bytes.length).toBe(1024 * 1024);
  expect(Bun.gzipSync(bytes).length).toBeGreaterThan(1024 * 1024);
});

test("healthy while the database and the directory can be written to", async () => {
  await using upload = setup();
  expect(await upload.send("GET /health")).toMatchObject({
    status: 200,
    body: { status: "healthy", service: "upload_service" },
  });
  rmSync(upload.world.directory, { recursive: true });
  writeFileSync(upload.world.directory, "no directory");
  const sick = await upload.send("GET /health");
  expect(sick).toMatchObject({ status: 503, body: { status: "unhealthy", service: "upload_service" } });
  expect(sick.body.failed.storage).toBeString();
  upload.deps.database.$client.close();
  expect((await upload.send("GET /health")).body.failed.database).toBeString();
});

test("documents every route with an operationId, and the fields of the forms", async () => {
  await using upload = setup();
  const { body } = await upload.send("GET /openapi.json");
  expect(Object.keys(body.paths).sort()).toEqual([
    "/api/speedtest",
    "/files",
    "/files/{upload_id}",
    "/health",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/upload/chunk",
    "/upload/complete",
    "/upload/from-url",
    "/upload/init",
    "/upload/janitor",
    "/upload/tokens",
    "/upload/tokens/{id}",
    "/upload/{upload_id}",
    "/upload/{upload_id}/chunks/{index}",
  ]);
  for (const path of Object.values<Record<string, { operationId?: string }>>(body.paths)) {
    for (const operation of Object.values(path)) expect(operation.operationId).toBeString();
  }
  const takes = (path: string) => Object.keys(body.paths[path].post.requestBody.content);
  expect(takes("/upload/chunk")).toEqual(["multipart/form-data"]);
  expect(takes("/upload/init")).toEqual([
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/json",
  ]);
  expect(body.components.schemas.ChunkForm.properties.file).toMatchObject({ type: "string", format: "binary" });
  expect(body.components.schemas.NewUpload.properties.total_chunks).toMatchObject({ type: "integer", minimum: 1 });
});
