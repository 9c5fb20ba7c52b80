/** A transcode while another program holds the ledger, as a backup does. */
import { expect, test } from "bun:test";
import { holdDatabase, longestDelay, until } from "@video-backend/testing";
import { segmentsIn, setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";

test("a job goes on after a lock on its database, loses nothing, and keeps nobody waiting meanwhile", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 6 });
  await app.start("a");
  await app.made("a");
  const held = await holdDatabase(app.world.path("transcoding.db"));
  const delay = longestDelay(held.released);
  const rows = async () => (await app.deps.ledger.list("a")).length;
  await until(
    "a segment waits for its row",
    async () => (await segmentsIn(app.world.path("hls", "a"))).size > (await rows()),
  );
  expect((await app.send("GET /health")).status).toBe(200);
  expect((await app.statusOf("a")).overall).toBe("running");
  const [stop, start] = await Promise.all([
    app.send("POST /transcode/a/stop"),
    app.send("POST /transcode/start", { json: { upload_id: "a", filename: "clip.mp4" } }),
  ]);
  for (const { status, headers } of [stop, start]) expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  await held.release();
  expect(await delay).toBeLessThan(2000);

  await app.overall("a", "ok");
  const { attempts } = (await app.send("GET /transcode/a/attempts")).body;
  expect(attempts.filter(({ fault }: { fault: string | null }) => fault !== null)).toEqual([]);
}, 60_000);

test("a job whose first writes meet the lock is done when it is gone", async () => {
  await using app = await setup();
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  await app.deps.jobs.ensure({ videoId: "a", filename: "clip.mp4", networkSpeed: 10 });
  await using held = await holdDatabase(app.world.path("transcoding.db"));
  app.deps.work.request("a");
  const sentence = "Waiting for the database: another program holds it";
  await until("it waits", async () => (await app.statusOf("a")).waiting === sentence);
  await held.release();
  await app.overall("a", "ok");
  expect((await app.statusOf("a")).waiting).toBeUndefined();
}, 60_000);
