import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { until } from "@video-backend/testing";
import { sweep } from "../handover/sweep.ts";
import { chunkInFlight, setup } from "../test-setup.ts";
import type { Finding, JanitorReport } from "./contract.ts";
import { followDeletions } from "./janitor.ts";

type Upload = ReturnType<typeof setup>;

const inspect = async ({ send }: Upload): Promise<JanitorReport> => (await send("GET /upload/janitor")).body;
const clean = ({ send }: Upload, json?: unknown) => send("POST /upload/janitor", json === undefined ? {} : { json });
const short = ({ findings }: JanitorReport) => findings.map(({ kind, upload_id, action }) => [kind, upload_id, action]);

/** A file so many seconds old; its folder too. */
function put({ world }: Upload, name: string, content: string, ageSeconds: number): void {
  const path = world.path(...name.split("/"));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  const then = world.clock.now() - ageSeconds;
  for (const place of [path, dirname(path)]) utimesSync(place, then, then);
}

async function finished(upload: Upload): Promise<string> {
  const id = await upload.init(1);
  await upload.chunk(id, 0, "a film");
  await upload.complete(id);
  return id;
}

test("a consistent storage has no findings, and cleaning changes nothing", async () => {
  await using upload = setup();
  await finished(upload);
  const open = await upload.init(2);
  await upload.chunk(open, 0, "x");
  await upload.init(1);
  const before = readdirSync(upload.world.directory, { recursive: true }).sort();
  const nothing = { metadata_available: true, findings: [] };
  expect(await inspect(upload)).toEqual(nothing);
  expect(await clean(upload)).toMatchObject({ status: 200, body: nothing });
  expect(readdirSync(upload.world.directory, { recursive: true }).sort()).toEqual(before);
});

test("folders of sources without an open upload are removed once they are old enough", async () => {
  await using upload = setup();
  const done = await finished(upload);
  put(upload, `uploads/${done}/source`, "left by a crash", 3600);
  put(upload, "uploads/nobody/source", "x".repeat(10_000), 3600);
  put(upload, "uploads/young/source", "somebody may be at work", 60);
  put(upload, "uploads/not an id/source", "nothing of ours", 3600);
  const { findings } = await inspect(upload);
  expect(short({ metadata_available: true, findings }).sort()).toEqual(
    [done, "nobody"].map((id) => ["needless_source", id, "remove"]).sort(),
  );
  const nobody = findings.find((finding) => finding.upload_id === "nobody") as Finding;
  expect(nobody).toMatchObject({ age_seconds: 3600, done: false, error: null });
  expect(nobody.bytes).toBeGreaterThanOrEqual(10_000);
  const { body } = await clean(upload);
  expect(body.findings.map((finding: Finding) => finding.done)).toEqual([true, true]);
  expect(readdirSync(upload.world.path("uploads")).sort()).toEqual(["not an id", "young"]);
  expect(existsSync(upload.world.path("originals", done, "film.mp4"))).toBeTrue();
});

test("chunk files without a row, left by a kill, are removed; those that rows name are not", async () => {
  await using upload = setup();
  const id = await upload.init(3);
  await upload.chunk(id, 1, "second ");
  const path = upload.world.path("uploads", id);
  const [named = ""] = readdirSync(path).filter((name) => name !== "source");
  const left = `chunk-${crypto.randomUUID()}`;
  writeFileSync(upload.world.path("uploads", id, left), "x".repeat(10_000));
  const { findings } = await inspect(upload);
  expect(short({ metadata_available: true, findings })).toEqual([["unacknowledged_chunk", id, "remove"]]);
  expect(findings[0]?.bytes).toBeGreaterThanOrEqual(10_000);
  // While somebody is at work, a row may follow.
  const chunk = chunkInFlight(id, 0);
  const reply = upload.service.fetch(chunk.request);
  await chunk.begin();
  await chunk.send("first ");
  await until("it is at work", () => upload.deps.active.isHeld(id));
  expect((await inspect(upload)).findings).toEqual([]);
  await chunk.cut();
  expect((await reply).status).toBe(400);
  expect((await clean(upload)).body.findings).toMatchObject([{ kind: "unacknowledged_chunk", done: true }]);
  expect(readdirSync(path).sort()).toEqual([named, "source"].sort());
  expect((await inspect(upload)).findings).toEqual([]);
  await upload.chunk(id, 0, "first ");
  await upload.chunk(id, 2, "third");
  expect((await upload.complete(id)).status).toBe(200);
  expect(await Bun.file(upload.world.path("originals", id, "film.mp4")).text()).toBe("first second third");
});

test("the size of a sparse source is what it takes of the disk", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 1_000_000_000 });
  await upload.chunk(id, 1, "the end");
  upload.world.clock.advance(upload.deps.limits.idleSeconds);
  const { findings } = await inspect(upload);
  expect(findings).toMatchObject([{ kind: "expired_upload", upload_id: id, action: "remove" }]);
  expect(findings[0]?.bytes).toBeLessThan(1_000_000);
  expect((await clean(upload)).body.findings).toMatchObject([{ done: true }]);
  expect((await upload.send(`GET /upload/${id}`)).status).toBe(404);
});

test("the chunks of an open upload whose source is lost are forgotten, so that they are sent again", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 1 });
  await upload.chunk(id, 0, "a");
  rmSync(upload.world.path("uploads", id), { recursive: true });
  expect(short(await inspect(upload))).toEqual([["lost_source", id, "forget_chunks"]]);
  expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([0]);
  await clean(upload);
  expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
  expect(short(await inspect(upload))).toEqual([]);
  await upload.chunk(id, 1, "b");
  await upload.chunk(id, 0, "a");
  expect((await upload.complete(id)).status).toBe(200);
});

test("an upload whose source was not created because of a crash is found, and gets one", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  rmSync(upload.world.path("uploads", id), { recursive: true });
  expect(short(await inspect(upload))).toEqual([["lost_source", id, "forget_chunks"]]);
  expect((await clean(upload)).body.findings).toMatchObject([{ done: true, error: null }]);
  expect(readdirSync(upload.world.path("uploads", id))).toEqual(["source"]);
});

test("an original without an upload is unowned only if metadata says so, and is removed only when it is named", async () => {
  await using upload = setup();
  for (const id of ["known", "orphan", "other"]) put(upload, `originals/${id}/film.mp4`, "a film", 3600);
  await upload.askMetadata("POST /videos", { json: { hash: "known", filename: "film.mp4" } });
  upload.others.metadata = "away";
  const unsure = await inspect(upload);
  expect(unsure.metadata_available).toBeFalse();
  expect(short(unsure).sort()).toEqual(
    ["known", "orphan", "other"].map((id) => ["original_without_upload", id, "keep"]),
  );
  expect((await clean(upload, { remove_originals: ["orphan"] })).status).toBe(503);
  upload.others.metadata = "up";
  expect((await inspect(upload)).findings.sort((a, b) => (a.upload_id < b.upload_id ? -1 : 1))).toMatchObject([
    { kind: "original_without_upload", upload_id: "orphan", action: "ask", bytes: 6, age_seconds: 3600 },
    { kind: "original_without_upload", upload_id: "other", action: "ask", bytes: 6, age_seconds: 3600 },
  ]);
  await clean(upload);
  await clean(upload, {});
  expect(readdirSync(upload.world.path("originals")).sort()).toEqual(["known", "orphan", "other"]);
  for (const wrong of ["known", "nobody"]) {
    expect(await clean(upload, { remove_originals: ["orphan", wrong] })).toMatchObject({
      status: 409,
      body: { upload_ids: [wrong] },
    });
  }
  expect((await clean(upload, { remove_originals: ["../known"] })).status).toBe(422);
  expect((await clean(upload, { remove_originals: "orphan" })).status).toBe(422);
  const { body } = await clean(upload, { remove_originals: ["orphan"] });
  expect(body.findings).toContainEqual(expect.objectContaining({ upload_id: "orphan", action: "remove", done: true }));
  expect(readdirSync(upload.world.path("originals")).sort()).toEqual(["known", "other"]);
});

test("the original of a video that metadata knows to be deleted is removed, whatever the state of its upload", async () => {
  await using upload = setup();
  const kept = await finished(upload);
  const deleted = await finished(upload);
  upload.others.transcoding = "away";
  const registered = await finished(upload);
  expect((await upload.send(`GET /upload/${registered}`)).body.state).toBe("registered");
  put(upload, "originals/without-upload/film.mp4", "a film", 3600);
  await upload.askMetadata("POST /videos", { json: { hash: "without-upload", filename: "film.mp4" } });
  for (const id of [deleted, registered, "without-upload"]) await upload.askMetadata(`DELETE /videos/${id}`);
  upload.others.metadata = "away";
  await clean(upload);
  expect(readdirSync(upload.world.path("originals")).length).toBe(4);
  upload.others.metadata = "up";
  expect(short(await inspect(upload)).sort()).toEqual(
    [
      ["original_of_deleted_video", deleted, "remove"],
      ["original_of_deleted_video", registered, "remove"],
      ["original_without_upload", "without-upload", "remove"],
    ].sort(),
  );
  await clean(upload);
  expect(readdirSync(upload.world.path("originals"))).toEqual([kept]);
  for (const id of [deleted, registered]) expect((await upload.send(`GET /upload/${id}`)).status).toBe(404);
  expect(short(await inspect(upload))).toEqual([]);
});

test("metadata's database lost: its originals are reported, and removed only when they are named", async () => {
  await using upload = setup();
  const ids = [await finished(upload), await finished(upload)];
  for (const table of ["videos", "changes"]) upload.metadataDatabase.$client.run(`delete from ${table}`);
  expect(short(await inspect(upload)).sort()).toEqual(ids.map((id) => ["original_of_deleted_video", id, "ask"]).sort());
  await clean(upload);
  expect(readdirSync(upload.world.path("originals")).sort()).toEqual(ids.toSorted());
  const [named = "", other = ""] = ids;
  await clean(upload, { remove_originals: [named] });
  expect(readdirSync(upload.world.path("originals"))).toEqual([other]);
  expect((await upload.send(`GET /upload/${named}`)).status).toBe(404);
});

test("an upload that metadata has not registered yet is not reported", async () => {
  await using upload = setup();
  upload.others.metadata = "away";
  const id = await finished(upload);
  upload.others.metadata = "up";
  expect((await upload.send(`GET /upload/${id}`)).body.state).toBe("stored");
  expect(short(await inspect(upload))).toEqual([]);
});

test("an upload whose original is lost is reported, and forgotten when its video is deleted, too", async () => {
  await using upload = setup();
  const id = await finished(upload);
  rmSync(upload.world.path("originals", id), { recursive: true });
  expect(short(await inspect(upload))).toEqual([["lost_original", id, "keep"]]);
  await clean(upload);
  expect((await upload.send(`GET /upload/${id}`)).status).toBe(200);
  await upload.askMetadata(`DELETE /videos/${id}`);
  expect(short(await inspect(upload))).toEqual([["lost_original", id, "forget_upload"]]);
  expect((await clean(upload)).body.findings).toMatchObject([{ done: true }]);
  expect((await upload.send(`GET /upload/${id}`)).status).toBe(404);
});

test("the uploads' database lost: originals are kept, whether metadata knows their videos or not", async () => {
  await using upload = setup();
  const ids = [await finished(upload), await finished(upload)];
  upload.deps.database.$client.run("delete from uploads");
  expect(short(await inspect(upload))).toEqual([]);
  upload.metadataDatabase.$client.run("delete from videos");
  await clean(upload);
  expect(readdirSync(upload.world.path("originals")).sort()).toEqual(ids.sort());
});

test("the files of a deleted video are removed at once, and those of a missed deletion at the next connection", async () => {
  await using upload = setup();
  const ids = [await finished(upload), await finished(upload), await finished(upload)];
  const [missed = "", told = "", kept = ""] = ids;
  await upload.askMetadata(`DELETE /videos/${missed}`);
  const server = Bun.serve({ port: 0, idleTimeout: 0, fetch: (request) => upload.metadataService.fetch(request) });
  upload.world.defer(() => server.stop(true));
  const stopping = new AbortController();
  const following = followDeletions(upload.deps, `${server.url}videos/events`, stopping.signal);
  upload.world.defer(() => {
    stopping.abort();
    return following;
  });
  await until("the missed one is gone", () => !existsSync(upload.world.path("originals", missed)));
  await upload.askMetadata(`DELETE /videos/${told}`);
  await until("the other is gone", () => !existsSync(upload.world.path("originals", told)));
  expect(readdirSync(upload.world.path("originals"))).toEqual([kept]);
});

test("a video that was deleted before its registration was recorded is not registered again", async () => {
  await using upload = setup();
  upload.others.transcoding = "away";
  const id = await finished(upload);
  // As after a kill between metadata's answer and its row here.
  upload.deps.database.$client.run("update uploads set state = 'stored', next_try_at = 0");
  await upload.askMetadata(`DELETE /videos/${id}`);
  upload.others.transcoding = "up";
  await sweep(upload.deps, new AbortController().signal);
  expect((await upload.askMetadata(`GET /videos/${id}`)).status).toBe(404);
  expect(upload.starts).toEqual([]);
  await clean(upload);
  expect(existsSync(upload.world.path("originals", id))).toBe(false);
});

test("a failed removal is reported with the reason, and the others are still removed", async () => {
  await using upload = setup((_, { sources }) => ({
    sources: {
      ...sources,
      remove: (id) => (id === "stuck" ? Promise.reject(new Error("EPERM")) : sources.remove(id)),
    },
  }));
  for (const id of ["stuck", "well"]) put(upload, `uploads/${id}/source`, "x", 3600);
  const { body } = await clean(upload);
  expect(body.findings.sort((a: Finding, b: Finding) => (a.upload_id < b.upload_id ? -1 : 1))).toMatchObject([
    { upload_id: "stuck", done: false, error: "EPERM" },
    { upload_id: "well", done: true, error: null },
  ]);
  expect(readdirSync(upload.world.path("uploads"))).toEqual(["stuck"]);
});
