import { expect, test } from "bun:test";
import type { BlobStore } from "@video-backend/storage";
import { folders, privateMarkKey } from "@video-backend/storage/layout";
import { createWorld, transcript } from "@video-backend/testing";
import { followChanges } from "../changes/change-feed.ts";
import { createMetadataService } from "../service.ts";
import { createTestMetadata } from "../testing.ts";
import { restoreMarks } from "./private-marks.ts";

async function setup() {
  const world = createWorld();
  const { service, deps } = createTestMetadata(world);
  const send = transcript(service);
  await send("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
  return {
    deps,
    store: deps.store,
    send,
    visibility: async (hash = "film") => (await send(`GET /videos/${hash}`)).body.visibility,
    isMarked: (hash = "film") => deps.store.exists(privateMarkKey(hash)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const toPrivate = { json: { visibility: "private" } };
const toPublic = { json: { visibility: "public" } };

test("a video is marked while it is private, and its followers hear of it", async () => {
  await using metadata = await setup();
  const { send } = metadata;
  const follower = new AbortController();
  const told = followChanges(metadata.deps, undefined, follower.signal)[Symbol.asyncIterator]();
  const first = told.next();
  expect((await send("PUT /videos/film", toPrivate)).body).toEqual({ status: "updated" });
  expect(await metadata.isMarked()).toBe(true);
  expect((await first).value).toMatchObject({ kind: "video.updated", hash: "film" });
  await send("PUT /videos/film", { json: { title: "Still private" } });
  expect(await metadata.isMarked()).toBe(true);
  await send("PUT /videos/film", toPublic);
  expect(await metadata.isMarked()).toBe(false);
  follower.abort();
});

test("a video can be private from the first", async () => {
  await using metadata = await setup();
  const { send } = metadata;
  await send("POST /videos", { json: { hash: "born", filename: "a.mp4", visibility: "private" } });
  expect(await metadata.isMarked("born")).toBe(true);
  // Registering again changes nothing.
  await send("POST /videos", { json: { hash: "born", filename: "a.mp4", visibility: "public" } });
  await send("POST /videos", { json: { hash: "film", filename: "a.mp4", visibility: "private" } });
  expect([await metadata.visibility("born"), await metadata.isMarked("born")]).toEqual(["private", true]);
  expect([await metadata.visibility(), await metadata.isMarked()]).toEqual(["public", false]);
});

test("the mark is there before the row says so, and goes after it has said otherwise", async () => {
  await using metadata = await setup();
  const seen: string[] = [];
  const row = async () => (await metadata.deps.videos.find("film"))?.visibility;
  const store: BlobStore = {
    ...metadata.store,
    async put(key, content) {
      seen.push(`put ${key} while ${await row()}`);
      await metadata.store.put(key, content);
      seen.push(`there while ${await row()}`);
    },
    async remove(key) {
      seen.push(`remove ${key} while ${await row()}`);
      await metadata.store.remove(key);
    },
  };
  const send = transcript(createMetadataService({ ...metadata.deps, store }));
  await send("PUT /videos/film", toPrivate);
  await send("PUT /videos/film", toPublic);
  expect(seen).toEqual(["put private/film while public", "there while public", "remove private/film while public"]);
});

test("what cannot be marked does not become private, and what cannot be unmarked is told", async () => {
  await using metadata = await setup();
  const { deps } = metadata;
  const broken = () => Promise.reject(new Error("EIO"));
  const unwritable = transcript(createMetadataService({ ...deps, store: { ...deps.store, put: broken } }));
  expect((await unwritable("PUT /videos/film", toPrivate)).status).toBe(500);
  expect(await metadata.visibility()).toBe("public");
  const born = { json: { hash: "born", filename: "a.mp4", visibility: "private" } };
  expect((await unwritable("POST /videos", born)).status).toBe(500);
  expect((await unwritable("GET /videos/born")).status).toBe(404);

  await metadata.send("PUT /videos/film", toPrivate);
  const stuck = transcript(createMetadataService({ ...deps, store: { ...deps.store, remove: broken } }));
  expect((await stuck("PUT /videos/film", toPublic)).status).toBe(500);
  expect(await metadata.isMarked()).toBe(true);
  // Once more does it, though the row says so already.
  expect((await metadata.send("PUT /videos/film", toPublic)).status).toBe(200);
  expect(await metadata.isMarked()).toBe(false);
});

test("a change that is refused leaves mark and row as they were", async () => {
  await using metadata = await setup();
  const { send } = metadata;
  await send("PUT /videos/film", { json: { transcoding_status: "completed" } });
  const refused = { transcoding_status: "failed" };
  expect((await send("PUT /videos/film", { json: { ...toPrivate.json, ...refused } })).status).toBe(409);
  expect([await metadata.visibility(), await metadata.isMarked()]).toEqual(["public", false]);
  await send("PUT /videos/film", toPrivate);
  expect((await send("PUT /videos/film", { json: { ...toPublic.json, ...refused } })).status).toBe(409);
  expect([await metadata.visibility(), await metadata.isMarked()]).toEqual(["private", true]);
  expect((await send("PUT /videos/nobody", toPrivate)).status).toBe(404);
  expect(await metadata.isMarked("nobody")).toBe(false);
});

test("two changes at once are made one after the other, so that mark and row agree", async () => {
  await using metadata = await setup();
  const { deps } = metadata;
  await metadata.send("PUT /videos/film", toPrivate);
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const store: BlobStore = {
    ...deps.store,
    async remove(key) {
      begun.resolve();
      await released.promise;
      await deps.store.remove(key);
    },
  };
  const send = transcript(createMetadataService({ ...deps, store }));
  const opening = send("PUT /videos/film", toPublic);
  await begun.promise;
  const closing = send("PUT /videos/film", toPrivate);
  // Time enough for what would not wait.
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
  released.resolve();
  await Promise.all([opening, closing]);
  expect([await metadata.visibility(), await metadata.isMarked()]).toEqual(["private", true]);
});

test("a deleted private video stays closed while any of its files is left", async () => {
  await using metadata = await setup();
  const { send, store, deps } = metadata;
  for (const left of ["hls/film", "originals/film"]) {
    await send("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
    await send("PUT /videos/film", toPrivate);
    await store.put(`${left}/file.mp4`, "film");
    expect((await send("DELETE /videos/film")).status).toBe(200);
    expect(await metadata.isMarked()).toBe(true);
    await restoreMarks(deps);
    expect(await metadata.isMarked()).toBe(true);
    await store.remove(left);
    await restoreMarks(deps);
    expect(await metadata.isMarked()).toBe(false);
  }
  await send("POST /videos", { json: { hash: "film", filename: "film.mp4", visibility: "private" } });
  await send("DELETE /videos/film");
  expect(await metadata.isMarked()).toBe(false);
});

test("at start the marks are brought in line with the rows", async () => {
  await using metadata = await setup();
  const { send, store, deps } = metadata;
  await send("POST /videos", { json: { hash: "lost", filename: "a.mp4", visibility: "private" } });
  await send("POST /videos", { json: { hash: "kept", filename: "a.mp4", visibility: "private" } });
  await store.remove(privateMarkKey("lost"));
  await store.put(privateMarkKey("film"), "");
  await store.put(privateMarkKey("nobody"), "");
  await store.put(`${folders.privateMarks}/not an id.txt`, "");
  await restoreMarks(deps);
  expect((await store.list(folders.privateMarks)).sort()).toEqual(["kept", "lost", "not an id.txt"]);
});
