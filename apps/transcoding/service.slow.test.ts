import { describe, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { run } from "@video-backend/media";
import { finishedKey } from "@video-backend/storage/layout";
import { transcript, until } from "@video-backend/testing";
import { reportState } from "./jobs/report-states.ts";
import { followFeed } from "./reconcile/follow-feed.ts";
import { reconcileVideo } from "./reconcile/reconcile-video.ts";
import { segmentsIn, setup } from "./test-setup.ts";
import { createTestTranscoding, placeOriginal } from "./testing.ts";

describe("starting", () => {
  test("makes every rung and the audio, and tells the status that the contract has", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 3, width: 854, height: 480 });
    expect(await app.start("a")).toMatchObject({ status: 200, body: { status: "started", upload_id: "a" } });
    const status = await app.overall("a", "ok");
    expect(status).toMatchObject({
      upload_id: "a",
      filename: "clip.mp4",
      original_resolution: "854x480",
      original_quality_label: "480p",
      master_playlist: "master.m3u8",
      playable: true,
      progress: 100,
      qualities: {
        original: { status: "ok", progress: 100, file: "clip.mp4", resolution: "854x480", quality_label: "480p" },
        "1080p": { status: "skipped", target_resolution: "1920x1080" },
        "480p": {
          status: "ok",
          progress: 100,
          target_resolution: "854x480",
          path: "480p/playlist.m3u8",
          playlist: "480p/playlist.m3u8",
        },
        "360p": { status: "ok", segments_done: 3, segments_total: 3, target_resolution: "640x360" },
      },
      audio: { status: "ok", progress: 100 },
    });
    expect(status.finished_at).toBeGreaterThanOrEqual(status.started_at ?? Number.POSITIVE_INFINITY);
    expect(status.error).toBeUndefined();
    expect((await readdir(app.world.path("hls", "a"))).sort()).toEqual([
      "360p",
      "480p",
      "audio",
      "finished.json",
      "manifest.mpd",
      "master.m3u8",
      "poster.jpg",
      "storyboard",
    ]);
    expect(await readdir(app.world.path("transcoding"))).toEqual([]);
  });

  test("twice at once, and again when done, is one job that makes nothing twice", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a");
    const replies = await Promise.all([app.start("a"), app.start("a"), app.start("a")]);
    expect(replies.map((reply) => reply.status)).toEqual([200, 200, 200]);
    await app.overall("a", "ok");
    const before = await segmentsIn(app.world.path("hls", "a"));
    expect((await app.start("a")).status).toBe(200);
    await app.idle();
    expect(await segmentsIn(app.world.path("hls", "a"))).toEqual(before);
  });

  test("without a source is refused", async () => {
    await using app = await setup();
    expect(await app.start("a")).toMatchObject({ status: 404, body: { detail: "Source file not found" } });
    expect(await app.start("a", { filename: "../../etc/passwd" })).toMatchObject({
      status: 404,
      body: { detail: "Source file not found" },
    });
    expect(await app.start("../a")).toMatchObject({ status: 422 });
    expect(await app.start("a", { network_speed: "fast" })).toMatchObject({ status: 422 });
  });

  test("a slow network gets the lowest rung alone", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1, width: 854, height: 480 });
    await app.start("a", { network_speed: 0.5 });
    const { qualities } = await app.overall("a", "ok");
    expect(qualities["480p"]).toMatchObject({
      status: "skipped",
      message: "A network speed of 0.5 Mbit/s asks for 360p and lower",
    });
  });

  test.each(["clip.ts", "clip.mkv"])(
    "a source that is %s has as many frames in its segments as it had before",
    async (filename) => {
      await using app = await setup();
      await placeOriginal(app.world, app.metadata, "a", { seconds: 5, rate: "24000/1001" }, filename);
      await app.start("a", { filename });
      await app.overall("a", "ok");
      const frames = (await app.deps.ledger.list("a"))
        .filter((segment) => segment.rendition === "360p")
        .reduce((sum, segment) => sum + segment.samples, 0);
      expect(frames).toBe(120);
    },
  );

  test("a text file that calls itself video fails with a reason, and others go on", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "good");
    await placeOriginal(app.world, app.metadata, "bad");
    await Bun.write(app.world.path("originals", "bad", "clip.mp4"), "not a video at all");
    await Promise.all([app.start("bad"), app.start("good")]);
    const status = await app.overall("bad", "error");
    expect(status.error).toBe("This is a text file, not a video");
    expect(status.playable).toBe(false);
    await app.overall("good", "ok");
  });
});

describe("asking", () => {
  test("for a video that was never started is 404", async () => {
    await using app = await setup();
    for (const line of ["GET /transcode/status/a", "POST /transcode/a/stop"]) {
      expect(await app.send(line)).toMatchObject({ status: 404, body: { detail: "Status not found" } });
    }
    for (const id of ["..%2fetc", "a%00", "x".repeat(300)]) {
      expect((await app.send(`GET /transcode/status/${id}`)).status).toBe(400);
    }
  });

  test("for progress streams the status until it is done", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    const response = await app.service.request("/transcode/events?upload_id=a");
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (reader && !text.includes('"overall":"ok"')) text += (await reader.read()).value ?? "";
    await reader?.cancel();
    expect(text).toContain("event: progress");
  });

  test("is documented, and healthy while ffmpeg runs", async () => {
    await using app = await setup();
    expect((await app.send("GET /health")).body).toEqual({ status: "healthy", service: "transcoding_service" });
    const { paths } = (await app.send("GET /openapi.json")).body;
    expect(Object.keys(paths)).toContain("/transcode/status/{upload_id}");
  });

  test("is unhealthy without ffmpeg, and says so", async () => {
    await using app = await setup({ run: () => Promise.reject(new Error("ffmpeg: not found")) });
    expect(await app.send("GET /health")).toMatchObject({
      status: 503,
      body: { failed: { ffmpeg: "ffmpeg: not found" } },
    });
  });
});

describe("stopping", () => {
  test("ends the encoder, keeps what is made playable, and resuming makes only the rest", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480 });
    await app.start("a");
    await app.made("a");
    expect((await app.send("POST /transcode/a/stop")).body).toEqual({ status: "stopped" });
    const status = await app.statusOf("a");
    expect(status.overall).toBe("stopped");
    const isToldFinished = () => app.deps.store.exists(finishedKey("a"));
    expect(await isToldFinished()).toBe(false);
    expect(status.qualities["360p"]?.status).toBe("stopped");
    expect(await app.deps.queue.list("")).toEqual([]);
    const before = await segmentsIn(app.world.path("hls", "a"));
    const playlists = (await readdir(app.world.path("hls", "a"), { recursive: true })).filter((name) =>
      name.endsWith("playlist.m3u8"),
    );
    for (const name of playlists)
      expect(await Bun.file(app.world.path("hls", "a", name)).text()).toContain("#EXT-X-ENDLIST");

    expect((await app.send("POST /transcode/resume")).body).toEqual({ status: "completed", resumed_count: 1 });
    await app.overall("a", "ok");
    expect(await isToldFinished()).toBe(true);
    const after = await segmentsIn(app.world.path("hls", "a"));
    for (const [name, file] of before) expect(after.get(name)).toBe(file);
    expect(after.size).toBeGreaterThan(before.size);
  }, 60_000);

  test("by a wish at metadata is obeyed, and taking it back goes on", async () => {
    await using app = await setup();
    const server = Bun.serve({ port: 0, fetch: (request) => app.metadata.service.fetch(request), idleTimeout: 0 });
    const abort = new AbortController();
    const following = followFeed(app.deps, `${server.url}videos/events`, abort.signal);
    app.world.defer(() => server.stop(true));
    app.world.defer(() => {
      abort.abort();
      return following;
    });
    const wish = (verb: "stop" | "resume") => app.metadata.service.request(`/videos/a/${verb}`, { method: "PUT" });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480 });
    await app.start("a");
    await app.made("a");
    await wish("stop");
    await app.overall("a", "stopped");
    expect((await app.send("POST /transcode/resume")).body.resumed_count).toBe(0);
    await wish("resume");
    await app.overall("a", "running");
    await app.metadata.service.request("/videos/a", { method: "DELETE" });
    await until("the job is gone", async () => (await app.send("GET /transcode/status/a")).status === 404);
    expect(await readdir(app.world.path("hls"))).toEqual([]);
  }, 60_000);

  test("resuming does not disturb a job that runs", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 10 });
    await app.start("a");
    await app.made("a");
    expect((await app.send("POST /transcode/resume")).body).toEqual({ status: "completed", resumed_count: 0 });
    await app.overall("a", "ok");
  });
});

describe("deleting", () => {
  test("in the middle leaves neither encoder, file, row nor folder, and none comes back", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480 });
    await app.start("a");
    await app.made("a");
    expect((await app.send("DELETE /transcode/a")).body).toEqual({ status: "deleted" });
    await app.idle();
    expect(await readdir(app.world.path("hls"))).toEqual([]);
    expect(await readdir(app.world.path("transcoding"))).toEqual([]);
    expect(await app.deps.jobs.ids()).toEqual([]);
    expect(await app.deps.ledger.list("a")).toEqual([]);
    expect((await app.send("DELETE /transcode/a")).body).toEqual({ status: "deleted" });
  });

  test("and starting again at once is a new job that is whole", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 8 });
    await app.start("a");
    await app.made("a");
    await Promise.all([app.send("DELETE /transcode/a"), app.start("a")]);
    await app.start("a");
    expect((await app.overall("a", "ok")).progress).toBe(100);
  });
});

describe("going on after a restart", () => {
  test("makes only what the ledger lacks", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 16, width: 854, height: 480 });
    await app.start("a");
    await app.made("a");
    await app.close();
    const before = await segmentsIn(app.world.path("hls", "a"));
    const again = await createTestTranscoding(app.world, { metadata: app.metadata });
    await again.idle();
    expect((await again.deps.jobs.find("a"))?.state).toBe("ok");
    const after = await segmentsIn(app.world.path("hls", "a"));
    for (const [name, file] of before) expect(after.get(name)).toBe(file);
    expect(after.size).toBe((await again.deps.ledger.list("a")).filter((segment) => segment.bytes > 0).length);
  }, 60_000);
});

describe("telling metadata", () => {
  test("how it went, with what was found out", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    await app.start("a");
    await app.overall("a", "ok");
    await reportState(app.deps, "a");
    const { body } = await transcript(app.metadata.service)("GET /videos/a");
    expect(body).toMatchObject({
      transcoding_status: "completed",
      original_resolution: "320x180",
      original_quality_label: "180p",
      error: null,
    });
    expect(body.duration).toBeCloseTo(2, 1);
  });

  test("webhooks are told that a video plays, then that it is complete, also where metadata had forgotten", async () => {
    await using app = await setup();
    const { webhooks } = app.metadata.deps;
    const metadata = transcript(app.metadata.service);
    const url = "http://127.0.0.1:9/";
    await webhooks.create(
      { id: "hook", url, events: ["video.playable", "video.completed"], description: null, secret: "" },
      1,
    );
    await placeOriginal(app.world, app.metadata, "a", { seconds: 9 });
    await app.start("a");
    await app.overall("a", "ok");
    await reportState(app.deps, "a");
    const told = async () => (await webhooks.listDeliveries("hook", { limit: 9, offset: 0 })).map(({ type }) => type);
    expect(await told()).toEqual(["video.completed", "video.playable"]);
    const { playable_at, updated_at } = (await metadata("GET /videos/a")).body;
    expect(playable_at).toBeLessThanOrEqual(updated_at);
    app.metadata.database.$client.run("update videos set playable_at = null");
    await reconcileVideo(app.deps, "a", new AbortController().signal);
    await reportState(app.deps, "a");
    expect((await metadata("GET /videos/a")).body.playable_at).not.toBeNull();
  });

  test("waits for a metadata service that is away", async () => {
    let away = false;
    await using app = await setup({ metadataIsAway: () => away });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    away = true;
    await app.start("a");
    await app.overall("a", "ok");
    await expect(reportState(app.deps, "a")).rejects.toThrow("Metadata service unavailable");
    expect(await app.deps.jobs.unreported()).toHaveLength(1);
    away = false;
    await reportState(app.deps, "a");
    expect(await app.deps.jobs.unreported()).toEqual([]);
    expect((await transcript(app.metadata.service)("GET /videos/a")).body.transcoding_status).toBe("completed");
  });
});

describe("an encoder that fails", () => {
  test("is tried again, and the job ends with its last words when it never works", async () => {
    const calls: string[] = [];
    await using app = await setup({
      run: async (command, args, options) => {
        if (command !== "ffmpeg" || args[0] === "-version") return run(command, args, options);
        calls.push(args.join(" "));
        return { exitCode: 1, signalName: null, timedOut: false, errors: "No space for this\nConversion failed!" };
      },
    });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1, audio: false });
    await app.start("a");
    const status = await app.overall("a", "error");
    expect(status.error).toBe("Encoding failed 3 times: ffmpeg ended with 1: No space for this; Conversion failed!");
    expect(calls).toHaveLength(3);
    expect(status.qualities["360p"]).toMatchObject({ status: "error", message: status.error });
  });

  test("after it made a part costs only the rest", async () => {
    let failures = 2;
    await using app = await setup({
      run: async (command, args, options) => {
        const result = await run(command, args, options);
        if (command === "ffmpeg" && args.includes("-filter_complex") && failures-- > 0)
          return { ...result, exitCode: 1, errors: "crashed" };
        return result;
      },
    });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 6 });
    await app.start("a");
    expect((await app.overall("a", "ok")).progress).toBe(100);
  });
});
