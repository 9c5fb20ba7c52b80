import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import { setup } from "../test-setup.ts";
import { moveUpload } from "../uploads/state.ts";
import { retryDelaySeconds } from "./hand-over.ts";
import { keepSweeping, sweep } from "./sweep.ts";

const never = new AbortController().signal;

/** An upload of two chunks that is ready to be completed. */
async function received(upload: Pick<ReturnType<typeof setup>, "init" | "chunk">): Promise<string> {
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  await upload.chunk(id, 1, "b");
  return id;
}

const stateOf = async (upload: Pick<ReturnType<typeof setup>, "send">, id: string): Promise<string> =>
  (await upload.send(`GET /upload/${id}`)).body.state;

test("complete succeeds while metadata is down, and the video is registered when it is back", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.metadata = "away";
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({
    state: "stored",
    error: "Metadata service unavailable: connection refused",
  });
  upload.others.metadata = "up";
  upload.world.clock.advance(2);
  await sweep(upload.deps, never);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ state: "handed_over", error: null });
  expect((await upload.askMetadata(`GET /videos/${id}`)).status).toBe(200);
  expect(upload.starts).toEqual([{ upload_id: id, filename: "film.mp4" }]);
});

test("while transcoding is down the video is registered, and it is started when transcoding is back", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.transcoding = "away";
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect(await stateOf(upload, id)).toBe("registered");
  expect((await upload.askMetadata(`GET /videos/${id}`)).status).toBe(200);
  upload.others.transcoding = "up";
  upload.world.clock.advance(2);
  await sweep(upload.deps, never);
  expect(await stateOf(upload, id)).toBe("handed_over");
  expect(upload.starts).toHaveLength(1);
});

test("pending handovers survive a restart", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.metadata = "away";
  await upload.complete(id);
  upload.others.metadata = "up";
  upload.world.clock.advance(2);
  const restarted = upload.restart();
  await sweep(restarted.deps, never);
  expect(await stateOf(restarted, id)).toBe("handed_over");
});

test("chunks that were received before a restart count after it", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  const restarted = upload.restart();
  expect((await restarted.send(`GET /upload/${id}`)).body.missing).toEqual([1]);
  await restarted.chunk(id, 1, "b");
  expect((await restarted.complete(id)).status).toBe(200);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("ab");
});

test.each(["sweep", "complete"])(
  "a crash while the chunks were put together is made good by the next %s",
  async (by) => {
    await using upload = setup();
    const id = await received(upload);
    await moveUpload(upload.deps, id, "completing");
    writeFileSync(upload.world.path("uploads", id, "assembly"), "half of some");
    const restarted = upload.restart();
    if (by === "sweep") await sweep(restarted.deps, never);
    else expect((await restarted.complete(id)).status).toBe(200);
    expect(await stateOf(restarted, id)).toBe("handed_over");
    expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("ab");
  },
);

test("a crash between moving the source and updating its row loses nothing", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "whole");
  await moveUpload(upload.deps, id, "completing");
  await upload.deps.store.adopt(upload.world.path("uploads", id, "source"), `originals/${id}/film.mp4`);
  await sweep(upload.restart().deps, never);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ state: "handed_over", bytes_received: 5 });
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("whole");
});

test("retries of the handover back off", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.transcoding = "away";
  await upload.complete(id);
  const tries = () => upload.deps.database.select().from(uploads).where(eq(uploads.id, id)).get()?.failedTries;
  expect(tries()).toBe(1);
  upload.world.clock.advance(1);
  await sweep(upload.deps, never);
  expect(tries()).toBe(1);
  upload.world.clock.advance(1);
  await sweep(upload.deps, never);
  expect(tries()).toBe(2);
  upload.world.clock.advance(3);
  await sweep(upload.deps, never);
  expect(tries()).toBe(2);
  expect([1, 2, 3, 5, 6, 1000].map(retryDelaySeconds)).toEqual([2, 4, 8, 32, 60, 60]);
});

test("another complete retries at once", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.transcoding = "away";
  await upload.complete(id);
  upload.others.transcoding = "up";
  await upload.complete(id);
  expect(await stateOf(upload, id)).toBe("handed_over");
});

test("a refused handover is shown and not retried until complete is called again", async () => {
  await using upload = setup();
  const id = await received(upload);
  upload.others.transcoding = "refuses";
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({
    state: "refused",
    error: "Source file not found",
  });
  expect((await upload.askMetadata(`GET /videos/${id}`)).body).toMatchObject({
    transcoding_status: "failed",
    error: "Source file not found",
  });
  upload.others.transcoding = "up";
  upload.world.clock.advance(1000);
  await sweep(upload.deps, never);
  expect(upload.starts).toEqual([]);
  await upload.complete(id);
  expect(upload.starts).toHaveLength(1);
  expect(await stateOf(upload, id)).toBe("handed_over");
});

test("an upload that cannot be finished does not block the next", async () => {
  await using upload = setup();
  const lost = await received(upload);
  const well = await received(upload);
  for (const id of [lost, well]) await moveUpload(upload.deps, id, "completing");
  await upload.deps.sources.remove(lost);
  mkdirSync(upload.world.path("uploads", lost));
  await sweep(upload.deps, never);
  expect(await stateOf(upload, lost)).toBe("receiving");
  expect(await stateOf(upload, well)).toBe("handed_over");
});

test("the loop ends when its signal aborts", async () => {
  await using upload = setup();
  const stopping = new AbortController();
  const sweeping = keepSweeping(upload.deps, 3600, stopping.signal);
  stopping.abort();
  expect(await sweeping).toBeUndefined();
});
