import { expect, test } from "bun:test";
import { run } from "@video-backend/media";
import { until } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";
import type { SegmentMap } from "./contract.ts";

/** Runs as `state segments`, so that a map reads in a line. */
const lineOf = ({ renditions }: SegmentMap, name: string) =>
  renditions
    .find((rendition) => rendition.name === name)
    ?.runs.map(({ state, segments }) => `${state} ${segments}`)
    .join(", ");

test("a finished video is one run a rendition, with the bit rates that its files have", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 4 });
  await app.start("a");
  const status = await app.overall("a", "ok");
  expect(status.source).toMatchObject({
    video: { codec: "h264", pixel_format: "yuv420p", resolution: "320x180", frame_rate: 25, range: "standard" },
    audio: [{ codec: "aac", channels: 1, sample_rate: 48_000 }],
  });
  const { body } = await app.send("GET /transcode/a/segments");
  expect(body).toMatchObject({ upload_id: "a", segment_seconds: 1, remaining_seconds: 0 });
  expect(body.duration).toBeCloseTo(4, 1);
  expect(lineOf(body, "360p")).toBe("made 4");
  expect(body.renditions[0]).toMatchObject({ kind: "video", segments: 4, made: 4, encoder: "libx264", speed: null });
  expect(body.renditions[0].runs[0]).toMatchObject({ from: 0, to: 4 });
  expect(body.renditions.at(-1)).toMatchObject({ name: "audio", kind: "audio", encoder: "aac" });

  const bitrates = (await app.send("GET /transcode/a/bitrates")).body;
  expect(bitrates.step_seconds).toBe(1);
  const [video] = bitrates.renditions;
  const rows = (await app.deps.ledger.list("a")).filter((row) => row.rendition === "360p");
  expect(video.bytes).toBe(rows.reduce((sum, row) => sum + row.bytes, 0));
  expect(video.kbps).toHaveLength(4);
  expect(video.kbps[0]).toBe(Math.round((8 * (rows[0]?.bytes ?? 0)) / 1000));
  expect(video.peak_kbps).toBe(Math.max(...video.kbps));
});

test("an answer that has not changed is not sent again", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  await app.start("a");
  await app.overall("a", "ok");
  for (const route of ["segments", "bitrates"]) {
    const etag = (await app.send(`GET /transcode/a/${route}`)).headers.get("etag") ?? "";
    const again = await app.send(`GET /transcode/a/${route}`, { headers: { "if-none-match": etag } });
    expect(again).toMatchObject({ status: 304, body: "" });
  }
});

test("what is being made, demanded and missing is told while it is, and a stop leaves only what is made", async () => {
  const release = Promise.withResolvers<void>();
  await using app = await setup({
    async run(program, command, options) {
      // The opening is made; what follows waits until the test has looked.
      const isLater =
        program === "ffmpeg" && command.includes("-force_key_frames") && (await app.deps.ledger.list("a")).length > 1;
      if (isLater) await Promise.race([release.promise, aborted(options?.signal)]);
      return run(program, command, options);
    },
  });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 20 });
  await app.start("a");
  const map = async (): Promise<SegmentMap> => (await app.send("GET /transcode/a/segments")).body;
  await until("the second chunk is begun", async () => lineOf(await map(), "360p")?.startsWith("made 1, making"));
  const demanding = app.demand("a", "360p", 18);
  const line = await until("the demand is told", async () => {
    const now = lineOf(await map(), "360p");
    return now?.includes("demanded") && now;
  });
  expect(line).toMatch(/^made 1, making \d+, missing \d+, demanded 2$/);
  const { body: queue } = await app.send("GET /transcode/queue");
  expect(queue).toMatchObject({ demands: { running: 1 }, jobs: { running: 1, ok: 0, error: 0 } });
  expect(queue.processes.running).toBeGreaterThan(0);
  expect(queue.disk).toEqual({ free_bytes: 2, total_bytes: 4, low_water_bytes: 1 });
  release.resolve();
  expect((await demanding).status).toBe(200);
  await app.send("POST /transcode/a/stop");
  const states = new Set((await map()).renditions.flatMap((rendition) => rendition.runs.map(({ state }) => state)));
  expect([...states].filter((state) => state !== "made" && state !== "missing")).toEqual([]);
  expect((await map()).renditions[0]?.speed).toBeNull();
});

test("what failed is marked where it failed, and told among the faults with its last words", async () => {
  await using app = await setup({
    run: async (program, command, options) =>
      program === "ffmpeg" && command.includes("-force_key_frames") && (await app.deps.ledger.list("a")).length > 1
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "first words\nlast words" }
        : run(program, command, options),
  });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 6 });
  await app.start("a");
  await app.overall("a", "error");
  const { body } = await app.send("GET /transcode/a/segments");
  expect(lineOf(body, "360p")).toMatch(/^made 1, failed \d/);
  const { faults } = (await app.send("GET /transcode/faults?limit=3")).body;
  expect(faults).toHaveLength(3);
  expect(faults).toContainEqual(
    expect.objectContaining({
      upload_id: "a",
      filename: "clip.mp4",
      what: "attempt",
      encoder: "libx264",
      message: "last words",
    }),
  );
  const all = (await app.send("GET /transcode/faults")).body.faults;
  expect(all).toContainEqual(expect.objectContaining({ what: "job", encoder: null, fault: "source" }));
  await app.send("DELETE /transcode/a");
  expect((await app.send("GET /transcode/faults")).body.faults).toEqual([]);
});

test("a video that nobody began is 404", async () => {
  await using app = await setup();
  for (const route of ["segments", "bitrates"]) {
    expect(await app.send(`GET /transcode/nobody/${route}`)).toMatchObject({
      status: 404,
      body: { detail: "Status not found" },
    });
  }
});

const aborted = (signal?: AbortSignal) =>
  new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
