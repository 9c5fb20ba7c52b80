import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { finishedKey } from "@video-backend/storage/layout";
import { createWorld, transcript, until } from "@video-backend/testing";
import type { JobState } from "../states.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";
import { decide } from "./decide.ts";
import { followFeed } from "./follow-feed.ts";

const long = { seconds: 16, width: 854, height: 480 };

/**
 * A metadata service behind a socket, and a transcoding service that can be down. `refuse` answers in metadata's place
 * where it answers something.
 */
async function setup() {
  const world = createWorld();
  const metadata = createTestMetadata(world);
  const state = { refuse: (_: Request): Response | null => null };
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    fetch: (request) => state.refuse(request) ?? metadata.service.fetch(request),
  });
  world.defer(() => server.stop(true));
  const client = createMetadataClient({ baseUrl: server.url.origin, retries: 0 });

  /** Starts the service, as after a restart; it follows metadata and reports to it until it is ended. */
  async function start() {
    const transcoding = await createTestTranscoding(world, { metadata: { ...metadata, client } });
    const { deps } = transcoding;
    const stopping = new AbortController();
    const following = followFeed(deps, `${server.url}videos/events`, stopping.signal);
    async function end() {
      stopping.abort();
      await Promise.all([following, transcoding.close()]);
    }
    world.defer(end);
    const isIn = (id: string, wanted: JobState | undefined) =>
      until(`${id} is ${wanted}`, async () => (await deps.jobs.find(id))?.state === wanted, 50);
    const made = (id: string) => until(`${id} has a segment`, async () => (await deps.ledger.list(id)).length > 0);
    return { ...transcoding, send: transcript(transcoding.service), isIn, made, end };
  }

  return {
    world,
    metadata,
    state,
    start,
    place: (id: string, clip: object = { seconds: 1 }) => placeOriginal(world, metadata, id, clip),
    ask: transcript(metadata.service),
    has: (...path: string[]) => existsSync(world.path(...path)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const begin = (id: string) => ({ json: { upload_id: id, filename: "clip.mp4" } });

describe("what is to be done about a video", () => {
  const known = (stopped: number) => ({ kind: "known" as const, video: { stopped } as never });
  const deleted = { kind: "deleted" as const };
  const unknown = { kind: "unknown" as const };
  const job = (state: JobState, stoppedByWish = 0) => ({ state, stoppedByWish });

  test.each([
    [deleted, null, "remove"],
    [deleted, job("ok"), "remove"],
    [deleted, job("running"), "remove"],
    [deleted, job("stopped", 1), "remove"],
    [unknown, null, "none"],
    [unknown, job("ok"), "none"],
    [unknown, job("running"), "none"],
    [unknown, job("stopped", 1), "none"],
    [known(0), null, "start"],
    [known(1), null, "none"],
    [known(1), job("queued"), "stop"],
    [known(1), job("running"), "stop"],
    [known(1), job("stopped", 0), "keep_stopped"],
    [known(1), job("stopped", 1), "none"],
    [known(1), job("ok"), "none"],
    [known(1), job("error"), "none"],
    [known(0), job("running"), "none"],
    [known(0), job("stopped", 1), "resume"],
    [known(0), job("stopped", 0), "none"],
    [known(0), job("error"), "none"],
  ] as const)("%j with the job %j: %s", (video, there, change) => {
    expect(decide(video, there)).toBe(change);
  });
});

describe("while transcoding is down", () => {
  test("a video that is deleted is gone with its job, files and rows, in whatever state it was", async () => {
    await using system = await setup();
    const before = await system.start();
    for (const id of ["done", "running", "stopped"]) {
      await system.place(id, id === "done" ? { seconds: 1 } : long);
      await before.send("POST /transcode/start", begin(id));
    }
    await before.isIn("done", "ok");
    for (const id of ["running", "stopped"]) await before.made(id);
    await before.send("POST /transcode/stopped/stop");
    await before.end();
    for (const id of ["done", "running", "stopped"]) await system.ask(`DELETE /videos/${id}`);
    await mkdir(system.world.path("transcoding", "stopped"), { recursive: true });
    await Bun.write(system.world.path("transcoding", "stopped", "source.mkv"), "left");

    const after = await system.start();
    expect((await after.send("POST /transcode/resume")).body.resumed_count).toBe(0);
    for (const id of ["done", "running", "stopped"]) await after.isIn(id, undefined);
    await after.deps.reconciler.idle();
    await after.idle();
    expect(await after.deps.jobs.ids()).toEqual([]);
    expect(await readdir(system.world.path("hls"))).toEqual([]);
    expect(await readdir(system.world.path("transcoding"))).toEqual([]);
  }, 60_000);

  test("a video that is stopped is stopped, and one that is resumed goes on", async () => {
    await using system = await setup();
    const before = await system.start();
    for (const id of ["a", "b", "c"]) {
      await system.place(id, long);
      await before.send("POST /transcode/start", begin(id));
      await before.made(id);
    }
    // As admin stops: by a wish and by a call, of which either may come first.
    await system.ask("PUT /videos/b/stop");
    await before.isIn("b", "stopped");
    await before.send("POST /transcode/c/stop");
    await system.ask("PUT /videos/c/stop");
    await until("the wish is known", async () => (await before.deps.jobs.find("c"))?.stoppedByWish === 1);
    await before.end();
    await system.ask("PUT /videos/a/stop");
    for (const id of ["b", "c"]) await system.ask(`PUT /videos/${id}/resume`);

    const after = await system.start();
    await after.isIn("a", "stopped");
    // The state is written first, and what is left of its work removed then.
    await after.deps.reconciler.idle();
    expect(await system.has("transcoding", "a")).toBe(false);
    for (const id of ["b", "c"]) await after.isIn(id, "running");
    expect((await system.ask("GET /videos/a")).body.status).toBe("stopped");
  }, 60_000);

  test("a video that upload has registered and could not hand over is started, unless it is stopped or not there", async () => {
    await using system = await setup();
    for (const id of ["a", "stopped"]) await system.place(id);
    await system.ask("PUT /videos/stopped/stop");
    await system.ask("POST /videos", { json: { hash: "nothing", filename: "clip.mp4" } });
    const after = await system.start();
    await after.isIn("a", "ok");
    await after.deps.reconciler.idle();
    expect(await after.deps.jobs.ids()).toEqual(["a"]);
    await system.ask("PUT /videos/stopped/resume");
    await after.isIn("stopped", "ok");
  }, 60_000);
});

describe("a metadata service that was lost", () => {
  test("takes nothing with it: jobs go on, and files stay", async () => {
    await using system = await setup();
    const before = await system.start();
    for (const [id, clip] of [
      ["done", { seconds: 1 }],
      ["running", long],
    ] as const) {
      await system.place(id, clip);
      await before.send("POST /transcode/start", begin(id));
    }
    await before.isIn("done", "ok");
    await before.made("running");
    await before.end();
    for (const table of ["videos", "changes", "deletions"])
      system.metadata.database.$client.run(`delete from ${table}`);
    const after = await system.start();
    await until("it goes on", async () => (await after.deps.jobs.find("running"))?.state === "running");
    await after.deps.reconciler.idle();
    expect((await after.deps.jobs.ids()).sort()).toEqual(["done", "running"]);
    for (const id of ["done", "running"]) expect(system.has("hls", id, "master.m3u8")).toBe(true);
  }, 60_000);
});

describe("an event", () => {
  test("that cannot be acted on is tried again by itself, and the stops and deletes behind it are seen", async () => {
    await using system = await setup();
    const transcoding = await system.start();
    for (const id of ["bad", "a", "b"]) {
      await system.place(id, long);
      await transcoding.send("POST /transcode/start", begin(id));
      await transcoding.made(id);
    }
    let asked = 0;
    system.state.refuse = (request) => {
      if (request.method !== "GET" || new URL(request.url).pathname !== "/videos/bad") return null;
      asked++;
      return new Response("broken", { status: 500 });
    };
    await system.ask("PUT /videos/bad", { json: { title: "Renamed" } });
    await system.ask("PUT /videos/a/stop");
    await system.ask("DELETE /videos/b");
    await transcoding.isIn("a", "stopped");
    await transcoding.isIn("b", undefined);
    await until("it was asked again", () => asked > 2);
    const titleOf = async () => (await transcoding.deps.jobs.find("bad"))?.title;
    expect(await titleOf()).toBeNull();
    system.state.refuse = () => null;
    await until("the bad one is in line", async () => (await titleOf()) === "Renamed", 50);
  }, 60_000);

  test("of a deletion that is told after the video was registered again removes nothing", async () => {
    await using system = await setup();
    await system.place("a");
    const transcoding = await system.start();
    await transcoding.isIn("a", "ok");
    await transcoding.end();
    const { changes } = system.metadata.deps;
    system.metadata.database.transaction((transaction) => changes.add(transaction, "video.deleted", "a"));
    const after = await system.start();
    await after.deps.reconciler.idle();
    expect((await after.deps.jobs.find("a"))?.state).toBe("ok");
  });

  test("of a deletion right before a start leaves no job of a deleted video", async () => {
    await using system = await setup();
    const transcoding = await system.start();
    await system.place("a", long);
    await system.ask("DELETE /videos/a");
    await transcoding.deps.reconciler.idle();
    await transcoding.send("POST /transcode/start", begin("a"));
    await transcoding.isIn("a", undefined);
    await transcoding.idle();
    expect(system.has("hls", "a")).toBe(false);
  });
});

describe("a state", () => {
  test("that metadata answered 500 to is told again, and the others are told meanwhile", async () => {
    await using system = await setup();
    for (const id of ["bad", "good"]) await system.place(id);
    system.state.refuse = (request) =>
      request.method === "PUT" && request.url.endsWith("/videos/bad") ? new Response("", { status: 500 }) : null;
    const transcoding = await system.start();
    for (const id of ["bad", "good"]) await transcoding.isIn(id, "ok");
    const statusOf = async (id: string) => (await system.ask(`GET /videos/${id}`)).body.transcoding_status;
    await until("the good one is told", async () => (await statusOf("good")) === "completed");
    expect((await transcoding.deps.jobs.find("bad"))?.unreported).toBeGreaterThan(0);
    system.state.refuse = () => null;
    await until("the bad one is told", async () => (await statusOf("bad")) === "completed");
    expect((await system.ask("GET /videos/bad")).body.thumbnail_filename).toBe("poster.jpg");
  }, 60_000);

  test("that was reached while metadata was away, or that it has forgotten, is told at the next connection", async () => {
    await using system = await setup();
    for (const id of ["a", "b"]) await system.place(id);
    const transcoding = await system.start();
    await transcoding.isIn("b", "ok");
    await until("it is told", async () => (await system.ask("GET /videos/b")).body.transcoding_status === "completed");
    await transcoding.end();
    // Restored from a copy of before.
    system.metadata.database.$client.run("update videos set transcoding_status = 'pending', duration = null");
    const after = await system.start();
    await after.isIn("a", "ok");
    for (const id of ["a", "b"]) {
      const told = async () => (await system.ask(`GET /videos/${id}`)).body;
      await until(`${id} is told`, async () => (await told()).transcoding_status === "completed");
      expect((await told()).duration).toBeCloseTo(1, 0);
    }
  }, 60_000);
});

describe("what is left over", () => {
  test("is removed at start and by the janitor, unless it may be the only copy of a film", async () => {
    await using system = await setup();
    const { world } = system;
    await system.place("kept");
    const before = await system.start();
    await before.isIn("kept", "ok");
    await before.end();
    const put = (path: string) => Bun.write(world.path(...path.split("/")), "left");
    await put("hls/partial/360p/segment-00000.m4s");
    await put("hls/copy/360p/segment-00000.m4s");
    await put("hls/copy/finished.json");
    await put("originals/copy/clip.mp4");
    await put("hls/only/360p/segment-00000.m4s");
    await put(finishedKey("only"));
    await put("hls/not an id/file");
    for (const id of ["kept", "nobody"]) {
      await put(`transcoding/${id}/source.mkv`);
      await put(`transcoding/${id}/tmp-x/0.m4s`);
    }
    await put("hls/deleted/finished.json");
    await system.ask("POST /videos", { json: { hash: "deleted", filename: "clip.mp4" } });
    await system.ask("DELETE /videos/deleted");

    const after = await system.start();
    // Before metadata is asked.
    expect(await readdir(world.path("transcoding"))).toEqual([]);
    await until("the folders are gone", async () => (await readdir(world.path("hls"))).length <= 3);
    expect((await readdir(world.path("hls"))).sort()).toEqual(["kept", "not an id", "only"]);
    expect(system.has("originals", "copy", "clip.mp4")).toBe(true);

    await put("hls/later/360p/segment-00000.m4s");
    await put("transcoding/later/source.mkv");
    const { body } = await after.send("GET /transcode/janitor");
    expect(body.findings.map((one: { upload_id: string; action: string }) => [one.upload_id, one.action])).toEqual([
      ["later", "remove"],
      ...(await readdir(world.path("hls"))).flatMap((id) =>
        id === "later" ? [["later", "remove"]] : id === "only" ? [["only", "keep"]] : [],
      ),
    ]);
    expect(system.has("hls", "later")).toBe(true);
    await after.send("POST /transcode/janitor");
    expect((await readdir(world.path("hls"))).sort()).toEqual(["kept", "not an id", "only"]);
    expect(await readdir(world.path("transcoding"))).toEqual([]);
    expect((await after.deps.jobs.find("kept"))?.state).toBe("ok");
  }, 60_000);

  test("is not judged while metadata does not answer", async () => {
    await using system = await setup();
    const transcoding = await system.start();
    await transcoding.deps.reconciler.idle();
    await Bun.write(system.world.path("hls", "who", "360p", "segment-00000.m4s"), "left");
    system.state.refuse = () => new Response("", { status: 500 });
    const { body } = await transcoding.send("POST /transcode/janitor");
    expect(body).toMatchObject({ metadata_available: false, findings: [{ upload_id: "who", action: "keep" }] });
    expect(system.has("hls", "who")).toBe(true);
  });

  test("of a job that fails or is stopped, the copies of its source go with it", async () => {
    await using system = await setup();
    const transcoding = await system.start();
    await placeOriginal(system.world, system.metadata, "a", { ...long, seconds: 30 }, "clip.ts");
    await transcoding.send("POST /transcode/start", { json: { upload_id: "a", filename: "clip.ts" } });
    await transcoding.made("a");
    expect(system.has("transcoding", "a", "source.mkv")).toBe(true);
    await transcoding.send("POST /transcode/a/stop");
    expect(system.has("transcoding", "a")).toBe(false);
    await transcoding.send("POST /transcode/start", { json: { upload_id: "a", filename: "clip.ts" } });
    await until("the copy is there again", () => system.has("transcoding", "a", "source.mkv"));
    await rm(system.world.path("transcoding", "a", "source.mkv"));
    await transcoding.isIn("a", "error");
    expect(system.has("transcoding", "a")).toBe(false);
  }, 60_000);

  test("a job that was lost with its database is made again of the original", async () => {
    await using system = await setup();
    await system.place("a");
    const before = await system.start();
    await before.isIn("a", "ok");
    before.deps.database.$client.run("delete from jobs");
    await before.end();
    const after = await system.start();
    await after.isIn("a", "ok");
    expect(system.has("hls", "a", "finished.json")).toBe(true);
  }, 60_000);
});
