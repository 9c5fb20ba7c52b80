/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { clientAddressOf, createRouter, smallForm } from "@video-backend/service";
import { receiveChunkForm, receiveRawChunk } from "./chunks/receive.ts";
import * as contract from "./contract.ts";
import type { UploadDeps } from "./deps.ts";
import * as janitor from "./janitor/contract.ts";
import { cleanStorage, inspectStorage } from "./janitor/janitor.ts";
import { createFromUrl } from "./remote/begin-from-url.ts";
import * as tokens from "./tokens/contract.ts";
import { createToken, expectOwnUpload, revokeToken } from "./tokens/tokens.ts";
import { createTusAnswer, tusPath } from "./tus/answer-tus.ts";
import { tusRoutes } from "./tus/contract.ts";
import { completeUpload } from "./uploads/complete-upload.ts";
import { createUpload, requestOf } from "./uploads/create-upload.ts";
import { deleteUpload } from "./uploads/delete-upload.ts";
import { presentUpload } from "./uploads/present-upload.ts";

export type UploadRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: UploadDeps) {
  const router = createRouter();
  const answerTus = createTusAnswer(deps);
  // Not in the chain: it has no types, and the library reads the requests itself.
  router.all(`${tusPath}/*`, (c) => answerTus(c.req.raw, c.get("requestId")));
  for (const route of [contract.chunkForm, ...tusRoutes]) router.openAPIRegistry.registerPath(route);
  const { initUpload, uploadFromUrl, completeUpload: complete } = contract;
  for (const route of [initUpload, uploadFromUrl, complete, janitor.cleanStorage, tokens.createUploadToken]) {
    router.use(route.path, smallForm(deps.limits.stallSeconds));
  }
  return router
    .openapi(janitor.inspectStorage, async (c) => c.json(await inspectStorage(deps, c.req.raw.signal), 200))
    .openapi(janitor.cleanStorage, async (c) => {
      const { remove_originals = [] } = c.req.valid("json");
      return c.json(await cleanStorage(deps, remove_originals, c.req.raw.signal), 200);
    })
    .openapi(contract.initUpload, async (c) => {
      return c.json(
        { upload_id: await createUpload(deps, requestOf(c.req.valid("json"), clientAddressOf(c, deps.proxies))) },
        200,
      );
    })
    .openapi(contract.uploadFromUrl, async (c) => {
      c.env?.keepOpen?.();
      const { signal } = c.req.raw;
      return c.json(
        { upload_id: await createFromUrl(deps, c.req.valid("json"), clientAddressOf(c, deps.proxies), signal) },
        200,
      );
    })
    .openapi(contract.receiveChunk, async (c) => {
      return c.json({ status: "ok" as const, index: await receiveChunkForm(deps, c.req.raw) }, 200);
    })
    .openapi(contract.putChunk, async (c) => {
      const { upload_id: uploadId, index } = c.req.valid("param");
      return c.json({ status: "ok" as const, index: await receiveRawChunk(deps, { uploadId, index }, c.req.raw) }, 200);
    })
    .openapi(contract.completeUpload, async (c) => {
      const { upload_id, sha256 } = c.req.valid("json");
      await expectOwnUpload(deps, upload_id, "its state");
      // Reading a large file to check its hash is silent for longer than the server lets a connection be.
      c.env?.keepOpen?.();
      const duplicate_of = await completeUpload(deps, upload_id, sha256);
      return c.json({ hash: upload_id, ...(duplicate_of && { duplicate_of }) }, 200);
    })
    .openapi(contract.getUpload, async (c) => {
      const { upload_id } = c.req.valid("param");
      await expectOwnUpload(deps, upload_id, "its state");
      return c.json(await presentUpload(deps, upload_id), 200);
    })
    .openapi(contract.deleteUpload, async (c) => {
      await deleteUpload(deps, c.req.valid("param").upload_id);
      return c.json({ status: "deleted" as const }, 200);
    })
    .openapi(tokens.createUploadToken, async (c) => c.json(await createToken(deps, c.req.valid("json")), 200))
    .openapi(tokens.revokeUploadToken, async (c) => {
      await revokeToken(deps, c.req.valid("param").id);
      return c.json({ status: "revoked" as const }, 200);
    })
    .openapi(contract.measureSpeed, (c) => {
      return c.body(sample, 200, { "content-type": "application/octet-stream", "cache-control": "no-store" });
    });
}

const sampleBytes = 1024 * 1024;
/** The maximum of one call of the platform. */
const randomBytes = 65_536;

/** For clients that measure their bandwidth; random, so that no proxy can compress it. Created once. */
const sample = new Uint8Array(sampleBytes);
for (let at = 0; at < sampleBytes; at += randomBytes) crypto.getRandomValues(sample.subarray(at, at + randomBytes));
