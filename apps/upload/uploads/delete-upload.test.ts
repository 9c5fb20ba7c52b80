import { expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { until } from "@video-backend/testing";
import { chunkInFlight, setup } from "../test-setup.ts";

test("all files and rows of an upload are removed, finished or not", async () => {
  await using upload = setup();
  const half = await upload.init(2);
  await upload.chunk(half, 0, "a");
  const done = await upload.init(1);
  await upload.chunk(done, 0, "a");
  await upload.complete(done);
  for (const id of [half, done]) {
    expect(await upload.send(`DELETE /upload/${id}`)).toMatchObject({ status: 200, body: { status: "deleted" } });
    expect((await upload.send(`GET /upload/${id}`)).status).toBe(404);
    expect((await upload.complete(id)).status).toBe(404);
    expect((await upload.chunk(id, 0, "x")).status).toBe(404);
    expect(existsSync(upload.world.path("uploads", id))).toBeFalse();
    expect(existsSync(upload.world.path("originals", id))).toBeFalse();
  }
});

test("succeeds if there is none, and removes a source without a row, too", async () => {
  await using upload = setup();
  await upload.deps.store.put("originals/orphan/film.mp4", "x");
  for (const id of ["nobody", "orphan", "orphan"]) {
    expect(await upload.send(`DELETE /upload/${id}`)).toMatchObject({ status: 200, body: { status: "deleted" } });
  }
  expect(existsSync(upload.world.path("originals", "orphan"))).toBeFalse();
});

test("an invalid id removes nothing", async () => {
  await using upload = setup();
  await upload.deps.store.put("originals/kept/film.mp4", "x");
  for (const id of ["..", "%2e%2e", "..%2foriginals", ".incoming", "a%2fb"]) {
    expect([400, 404]).toContain((await upload.send(`DELETE /upload/${id}`)).status);
  }
  expect(existsSync(upload.world.path("originals", "kept", "film.mp4"))).toBeTrue();
});

test("a chunk that is being received is cancelled, and does not create the folder again", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  const chunk = chunkInFlight(id, 1);
  const reply = upload.service.fetch(chunk.request);
  await chunk.begin();
  await chunk.send("half a ");
  await until("the chunk comes in", () => statSync(upload.world.path("uploads", id, "source")).size === 8);
  expect((await upload.send(`DELETE /upload/${id}`)).status).toBe(200);
  expect((await reply).status).toBe(404);
  expect(readdirSync(upload.world.path("uploads"))).toEqual([]);
});

test("a complete in progress is cancelled before the answer, and does not create the source again", async () => {
  const atWork = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  await using upload = setup((directory) => {
    const store = createDirectoryStore(directory);
    const adopt = async (path: string, key: string) => {
      atWork.resolve();
      await goOn.promise;
      await store.adopt(path, key);
    };
    return { store: { ...store, adopt } };
  });
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  await upload.chunk(id, 1, "b");
  const completed = upload.complete(id);
  await atWork.promise;
  let answered = false;
  const deleted = upload.send(`DELETE /upload/${id}`).then(() => {
    answered = true;
  });
  await until("nobody finds it", async () => (await upload.send(`GET /upload/${id}`)).status === 404);
  // Each of these writes and removes a file: a delete that did not wait would have answered long before the last.
  for (let times = 0; times < 20; times++) await upload.send("GET /health");
  expect(answered).toBeFalse();
  goOn.resolve();
  await deleted;
  expect((await completed).body.detail).toBe("Upload ID not found or missing metadata");
  expect(existsSync(upload.world.path("originals", id))).toBeFalse();
  expect(readdirSync(upload.world.path("uploads"))).toEqual([]);
  expect(upload.starts).toEqual([]);
});
