/** Uploads while another program holds the database, as a backup does. */
import { expect, test } from "bun:test";
import { untilWritable } from "@video-backend/database";
import { holdDatabase, longestDelay } from "@video-backend/testing";
import { chunkInFlight, setup } from "./test-setup.ts";

test("each verb is answered with 503 and may be repeated; reads are answered, and nothing is lost", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  expect((await upload.chunk(id, 0, "first ")).status).toBe(200);
  const held = await holdDatabase(upload.world.path("uploads.db"));
  const delay = longestDelay(held.released);
  const json = { filename: "film.mp4", total_chunks: 1 };
  const writes = [
    upload.send("POST /upload/init", { json }),
    upload.chunk(id, 1, "second"),
    upload.complete(id),
    upload.send(`DELETE /upload/${id}`),
    upload.send("POST /files", { headers: { "tus-resumable": "1.0.0", "upload-length": "3" } }),
  ];
  expect((await upload.send(`GET /upload/${id}`)).status).toBe(200);
  expect((await upload.send("GET /health")).status).toBe(200);
  for (const { status, headers, body } of await Promise.all(writes)) {
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(body.detail).toBe("Another program holds the database at this moment; try again");
  }
  await held.release();
  expect(await delay).toBeLessThan(2000);

  expect((await upload.chunk(id, 1, "second")).status).toBe(200);
  expect((await upload.complete(id)).status).toBe(200);
  expect(await Bun.file(upload.world.path("originals", id, "film.mp4")).text()).toBe("first second");
});

test("a lock that is gone soon is waited for", async () => {
  await using upload = setup();
  const held = await holdDatabase(upload.world.path("uploads.db"));
  const begun = upload.init(1);
  await upload.send("GET /health");
  await held.release();
  expect((await upload.chunk(await begun, 0, "words")).status).toBe(200);
});

test("a chunk whose bytes are here when the lock comes is acknowledged when it is gone", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  const chunk = chunkInFlight(id, 0);
  const answer = upload.service.fetch(chunk.request);
  await chunk.begin();
  await chunk.send("words");
  const held = await holdDatabase(upload.world.path("uploads.db"));
  const finished = chunk.finish();
  // Time for the commit to meet the lock; a slower machine proves less and fails no more.
  await untilWritable(upload.deps.database, { seconds: 0.5 }).catch(() => undefined);
  await held.release();
  await finished;
  expect((await answer).status).toBe(200);
  expect((await upload.complete(id)).status).toBe(200);
});
