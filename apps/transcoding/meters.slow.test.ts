/** What transcoding counts of its work is what its ledger and its attempts say. */
import { expect, test } from "bun:test";
import { type Encoder, libx264, type Run, run } from "@video-backend/media";
import { setup } from "./test-setup.ts";
import { placeOriginal } from "./testing.ts";

/** libx264 under another name, which a test can tell by its preset. */
const posing: Encoder = {
  ...libx264,
  name: "posing",
  codec: (rung, settings) => libx264.codec(rung, { ...settings, x264Preset: "superfast" }),
};

test("a video with an encoder that fails in the middle, and demands, are in the metrics as they are in the stores", async () => {
  const failing: Run = async (command, args, options) => {
    const isLate = Number(args[args.indexOf("-start_number") + 1]) >= 1;
    if (args.includes("superfast") && isLate)
      return { exitCode: 1, signalName: null, timedOut: false, errors: "device lost" };
    return run(command, args, options);
  };
  await using app = await setup({ encoders: [posing, libx264], run: failing });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 3 });
  await app.start("a");
  await app.overall("a", "ok");
  const demand = (id: string, segment: number) =>
    app.send(`POST /transcode/${id}/demand`, { json: { quality: "360p", segment } });
  expect([(await demand("a", 0)).status, (await demand("nobody", 0)).status]).toEqual([200, 404]);

  const lines = String((await app.send("GET /metrics")).body).split("\n");
  /** Of the sample with this name and these labels. */
  const value = (sample: string) =>
    Number(
      lines
        .find((line) => line.startsWith(`${sample} `))
        ?.split(" ")
        .at(-1),
    );
  const { attempts } = (await app.send("GET /transcode/a/attempts?limit=1000")).body;
  const segments = (await app.deps.ledger.list("a")).filter(({ bytes }) => bytes > 0);
  for (const encoder of ["posing", "libx264", "aac"]) {
    const tried = attempts.filter((attempt: { encoder: string }) => attempt.encoder === encoder);
    expect(tried.length).toBeGreaterThan(0);
    expect(value(`video_encode_seconds_count{encoder="${encoder}"}`)).toBe(tried.length);
    const seconds = segments.reduce((sum, one) => sum + (one.encoder === encoder ? one.durationSeconds : 0), 0);
    expect(value(`video_encoded_media_seconds_total{encoder="${encoder}"}`)).toBeCloseTo(seconds, 3);
  }
  const failed = attempts.filter((attempt: { fault: string | null }) => attempt.fault === "encoder").length;
  expect(failed).toBeGreaterThan(0);
  expect(value('video_failures_total{of="attempt",fault="encoder"}')).toBe(failed);
  expect(value('video_failures_total{of="job",fault="source"}')).toBe(0);
  expect(value('video_demand_wait_seconds_count{outcome="ready"}')).toBe(1);
  expect(value('video_demand_wait_seconds_count{outcome="refused"}')).toBe(1);
  expect(value("video_playable_seconds_count")).toBe(1);
  expect(value('video_task_wait_seconds_count{lane="prepare"}')).toBe(1);
  for (const lane of ["encode", "now", "images"]) {
    expect(value(`video_tasks_running{lane="${lane}"}`)).toBe(0);
    expect(value(`video_tasks_waiting{lane="${lane}"}`)).toBe(0);
  }
  // The disk of the test has 4 bytes, 2 of which are free.
  expect([value("video_storage_free_bytes"), value("video_storage_used_bytes")]).toEqual([2, 2]);
}, 60_000);

test("a job that ends with an error is counted with its class, and is playable never", async () => {
  const failing: Run = async (command, args, options) =>
    args.includes("-filter_complex")
      ? { exitCode: 1, signalName: null, timedOut: false, errors: "bad stream" }
      : run(command, args, options);
  await using app = await setup({ run: failing });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
  await app.start("a");
  await app.overall("a", "error");
  const text = String((await app.send("GET /metrics")).body);
  expect(text).toContain('video_failures_total{of="job",fault="source"} 1\n');
  expect(text).not.toContain("video_playable_seconds_count 1");
}, 60_000);
