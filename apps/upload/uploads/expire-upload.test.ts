import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { until } from "@video-backend/testing";
import { tellExpired } from "../handover/tell-expired.ts";
import { keepClean } from "../janitor/janitor.ts";
import { chunkInFlight, setup } from "../test-setup.ts";
import { expireUploads } from "./delete-upload.ts";

const never = new AbortController().signal;

test("an idle upload expires at the time that it stated, and its files are removed", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 5 });
  upload.world.clock.advance(3600);
  await upload.chunk(id, 1, "x");
  const { expires_at } = (await upload.send(`GET /upload/${id}`)).body;
  upload.world.clock.advance(expires_at - upload.world.clock.now() - 1);
  await expireUploads(upload.deps, never);
  expect((await upload.send(`GET /upload/${id}`)).status).toBe(200);
  upload.world.clock.advance(1);
  await expireUploads(upload.deps, never);
  const gone = { status: 404, body: { detail: "Upload ID not found" } };
  expect(await upload.send(`GET /upload/${id}`)).toMatchObject(gone);
  expect(await upload.chunk(id, 0, "first")).toMatchObject(gone);
  expect((await upload.complete(id)).status).toBe(404);
  expect(readdirSync(upload.world.path("uploads"))).toEqual([]);
  expect(upload.deps.database.$client.query("select count(*) as rows from chunks").get()).toEqual({ rows: 0 });
});

test("an upload that is receiving a chunk does not expire, and neither does a complete one", async () => {
  await using upload = setup();
  const done = await upload.init(1);
  await upload.chunk(done, 0, "x");
  await upload.complete(done);
  const id = await upload.init(1);
  const chunk = chunkInFlight(id, 0);
  const reply = upload.service.fetch(chunk.request);
  await chunk.begin();
  await chunk.send("half a ");
  await until("the chunk comes in", () => upload.deps.active.isHeld(id));
  upload.world.clock.advance(upload.deps.limits.idleSeconds + 1);
  await expireUploads(upload.deps, never);
  await chunk.send("chunk");
  await chunk.finish();
  expect((await reply).status).toBe(200);
  expect(upload.deps.active.isHeld(id)).toBeFalse();
  await expireUploads(upload.deps, never);
  expect((await upload.complete(id)).status).toBe(200);
  expect((await upload.send(`GET /upload/${done}`)).body.state).toBe("handed_over");
});

test("the loop deletes idle uploads, and ends when its signal aborts", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  upload.world.clock.advance(upload.deps.limits.idleSeconds);
  const stopping = new AbortController();
  const cleaning = keepClean(upload.deps, 3600, stopping.signal);
  await until("it is forgotten", async () => (await upload.send(`GET /upload/${id}`)).status === 404);
  stopping.abort();
  expect(await cleaning).toBeUndefined();
});

test("metadata is told of an expired upload until it has acknowledged it, and takes it once", async () => {
  let isAnswerLost = true;
  await using upload = setup();
  const json = { url: "http://127.0.0.1:9/", events: ["upload.expired"] };
  const { body: hook } = await upload.askMetadata("POST /webhooks", { json });
  const told = async () => (await upload.askMetadata(`GET /webhooks/${hook.id}/deliveries`)).body.deliveries;
  const id = await upload.init(2, { title: "Film" });
  await upload.chunk(id, 0, "half");
  upload.world.clock.advance(upload.deps.limits.idleSeconds);
  upload.others.metadata = "away";
  await expireUploads(upload.deps, never);
  await tellExpired(upload.deps, never);
  expect(await told()).toEqual([]);
  upload.others.metadata = "up";
  const { deps } = upload.restart();
  const forgetExpired = async (uploadId: string) => {
    if (isAnswerLost) throw new Error("killed");
    return deps.uploads.forgetExpired(uploadId);
  };
  const killed = { ...deps, uploads: { ...deps.uploads, forgetExpired } };
  await expect(tellExpired(killed, never)).rejects.toThrow("killed");
  isAnswerLost = false;
  for (let time = 0; time < 2; time++) await tellExpired(killed, never);
  expect(await told()).toMatchObject([
    {
      id: `evt_expired_${id}`,
      type: "upload.expired",
      payload: { data: { upload_id: id, title: "Film", bytes_received: 4 } },
    },
  ]);
  expect(await deps.uploads.listExpired()).toEqual([]);
});
