/** Uploads while another program holds the database, as a backup does. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createMetadataClient } from "@video-backend/metadata/client";
import { holdDatabase, longestDelay } from "@video-backend/testing";
import { createSqliteStores } from "./database/sqlite-stores.ts";
import { sweep } from "./handover/sweep.ts";
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

test("a lock that is held briefly is waited for", async () => {
  await using upload = setup();
  const held = await holdDatabase(upload.world.path("uploads.db"));
  const begun = upload.init(1);
  await upload.send("GET /health");
  await held.release();
  expect((await upload.chunk(await begun, 0, "words")).status).toBe(200);
});

const arrivals: [what: string, declared: Record<string, number>, index: number][] = [
  ["to its place", { chunk_size: 6 }, 1],
  ["behind the last one", {}, 0],
  ["to a file of its own", {}, 1],
];

test.each(arrivals)(
  "a chunk that comes in, %s, as the lock is taken is acknowledged after it",
  async (_, sizes, index) => {
    await using upload = setup();
    const id = await upload.init(2, sizes);
    const chunk = chunkInFlight(id, index);
    const reply = upload.service.fetch(chunk.request);
    await chunk.begin();
    await chunk.send("sec");
    await using held = await holdDatabase(upload.world.path("uploads.db"));
    const delay = longestDelay(Promise.resolve(reply));
    await chunk.send("ond");
    await chunk.finish();
    const stillHeld = new Promise((resolve) => setTimeout(resolve, 500, "no answer yet"));
    expect(await Promise.race([reply, stillHeld])).toBe("no answer yet");
    expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
    await held.release();
    expect((await reply).status).toBe(200);
    expect(await delay).toBeLessThan(2000);
    expect((await upload.chunk(id, 1 - index, "other!")).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
    const whole = await Bun.file(upload.world.path("originals", id, "film.mp4")).text();
    expect(whole).toBe(index === 0 ? "secondother!" : "other!second");
  },
);

test("a chunk for which the lock is held for too long is answered with 503, and may be sent again", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  const { deps, world } = upload;
  Object.assign(deps, createSqliteStores(deps.database, { now: world.clock.now, lockSeconds: 0.2 }));
  for (const where of ["first", "last"] as const) {
    const chunk = chunkInFlight(id, 0, where);
    const reply = upload.service.fetch(chunk.request);
    await chunk.begin();
    await using held = await holdDatabase(upload.world.path("uploads.db"));
    await chunk.send("words");
    await chunk.finish();
    const { status, headers } = await reply;
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    await held.release();
    expect(readdirSync(upload.world.path("uploads", id))).toEqual(["source"]);
  }
  expect((await upload.chunk(id, 0, "words")).status).toBe(200);
});

const moments: [what: string, held: "stored" | "told"][] = [
  ["while the file is brought into place", "stored"],
  ["while metadata is told", "told"],
];

test.each(moments)("a complete that meets the lock %s is done, and the loop does the rest", async (_, moment) => {
  const [atWork, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const stop = () => {
    atWork.resolve();
    return goOn.promise;
  };
  await using upload = setup();
  const { deps, metadataService } = upload;
  const { adopt } = deps.store;
  deps.store = {
    ...deps.store,
    async adopt(...parts) {
      if (moment === "stored") await stop();
      await adopt(...parts);
    },
  };
  deps.metadata = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 0,
    async fetch(request) {
      if (moment === "told" && request.method === "POST") await stop();
      return metadataService.fetch(request);
    },
  });
  const id = await upload.init(1);
  await upload.chunk(id, 0, "words");
  const completed = upload.complete(id);
  await atWork.promise;
  await using held = await holdDatabase(upload.world.path("uploads.db"));
  goOn.resolve();
  const stillHeld = new Promise((resolve) => setTimeout(resolve, 500, "no answer yet"));
  const first = await Promise.race([completed, stillHeld]);
  if (moment === "stored") expect(first).toBe("no answer yet");
  else expect(first).toMatchObject({ status: 200 });
  await held.release();
  expect((await completed).status).toBe(200);
  await sweep(upload.deps, new AbortController().signal);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ state: "handed_over", error: null });
  expect(upload.starts).toHaveLength(1);
});

test("a tus stream that is received while the database becomes locked keeps what was received", async () => {
  await using upload = setup();
  const version = { "tus-resumable": "1.0.0" };
  const metadata = { "upload-length": "6", "upload-metadata": `filename ${btoa("film.mp4")}` };
  const begun = await upload.send("POST /files", { headers: { ...version, ...metadata } });
  const address = `/files/${begun.headers.get("location")?.split("/").at(-1)}`;
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const headers = { ...version, "upload-offset": "0", "content-type": "application/offset+octet-stream" };
  const request = new Request(`http://upload.test${address}`, { method: "PATCH", headers, body: body.readable });
  const reply = upload.service.fetch(request);
  await writer.write(new TextEncoder().encode("sec"));
  await using held = await holdDatabase(upload.world.path("uploads.db"));
  await writer.write(new TextEncoder().encode("ond"));
  await writer.close();
  const stillHeld = new Promise((resolve) => setTimeout(resolve, 500, "no answer yet"));
  expect(await Promise.race([reply, stillHeld])).toBe("no answer yet");
  await held.release();
  expect((await reply).status).toBe(204);
});
