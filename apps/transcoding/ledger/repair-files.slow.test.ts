import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, rm, truncate } from "node:fs/promises";
import { until } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { createTestTranscoding, placeOriginal, type TestTranscodingOptions } from "../testing.ts";

const limit = 60_000;

/** A finished video of four segments, and what a player asks of it. */
async function setupFinished(options: TestTranscodingOptions = {}, seconds = 4) {
  const app = await setup(options);
  await placeOriginal(app.world, app.metadata, "a", { seconds });
  await app.start("a");
  await until("it is done", async () => (await app.deps.jobs.find("a"))?.state === "ok", 50);
  await app.idle();
  const path = (name: string) => app.world.path("hls", "a", name);
  const restore = (name: string) => app.send("POST /transcode/a/restore", { json: { path: name } });
  return { ...app, path, restore, remove: (name: string) => rm(path(name), { recursive: true }) };
}

describe("of a finished video", () => {
  test.each([
    ["360p", "segment-00002.m4s"],
    ["audio", "segment-00000.m4s"],
  ])(
    "a segment of %s that is gone is made again when a player wants it",
    async (rendition, file) => {
      await using app = await setupFinished();
      const name = `${rendition}/${file}`;
      await app.remove(name);
      const index = Number(/\d+/.exec(file)?.[0]);
      expect((await app.demand("a", rendition, index)).body).toEqual({ status: "ready" });
      expect(existsSync(app.path(name))).toBe(true);
      await until("it is done again", async () => (await app.deps.jobs.find("a"))?.state === "ok");
      await until("it is told finished", () => existsSync(app.path("finished.json")));
    },
    limit,
  );

  test(
    "an init segment that is gone is made again, and what needs it plays",
    async () => {
      await using app = await setupFinished();
      const [init = ""] = (await readdir(app.path("360p"))).filter((name) => name.startsWith("init-"));
      await app.remove(`360p/${init}`);
      expect((await app.demand("a", "360p", 0)).status).toBe(200);
      expect(existsSync(app.path(`360p/${init}`))).toBe(true);
      await until("it is done again", async () => (await app.deps.jobs.find("a"))?.state === "ok");
    },
    limit,
  );

  test(
    "playlists, master and manifest are written again at once, without a run of the job",
    async () => {
      await using app = await setupFinished();
      for (const name of ["master.m3u8", "360p/playlist.m3u8", "audio/playlist.m3u8"]) {
        const before = await Bun.file(app.path(name)).text();
        await app.remove(name);
        expect((await app.restore(name)).status).toBe(200);
        expect(await Bun.file(app.path(name)).text()).toBe(before);
        expect((await app.deps.jobs.find("a"))?.state).toBe("ok");
      }
      for (const name of ["360p/other.m3u8", "1080p/playlist.m3u8"]) expect((await app.restore(name)).status).toBe(404);
    },
    limit,
  );

  test(
    "a poster that is gone is made again",
    async () => {
      await using app = await setupFinished();
      await app.remove("poster.jpg");
      expect((await app.restore("poster.jpg")).status).toBe(200);
      expect(existsSync(app.path("poster.jpg"))).toBe(true);
      await until("it is done again", async () => (await app.deps.jobs.find("a"))?.state === "ok");
    },
    limit,
  );

  test(
    "whose original is gone nothing is forgotten, and what is lost is 404",
    async () => {
      await using app = await setupFinished();
      const rows = (await app.deps.ledger.list("a")).length;
      await app.remove("360p/segment-00001.m4s");
      await rm(app.world.path("originals", "a"), { recursive: true });
      expect((await app.demand("a", "360p", 1)).status).toBe(404);
      expect((await app.deps.ledger.list("a")).length).toBe(rows);
      expect((await app.deps.jobs.find("a"))?.state).toBe("ok");
    },
    limit,
  );

  test(
    "files that a power cut took or cut short are made again after the start, whoever asks",
    async () => {
      await using app = await setupFinished();
      await app.close();
      await app.remove("audio/segment-00000.m4s");
      await truncate(app.path("360p/segment-00003.m4s"), 0);
      const again = await createTestTranscoding(app.world, { metadata: app.metadata });
      await again.deps.reconciler.idle();
      await until("it is done again", async () => (await again.deps.jobs.find("a"))?.state === "ok", 50);
      for (const { rendition, index, bytes } of await again.deps.ledger.list("a")) {
        if (bytes === 0) continue;
        const name = `${rendition}/segment-${String(index).padStart(5, "0")}.m4s`;
        expect([name, Bun.file(app.path(name)).size]).toEqual([name, bytes]);
      }
    },
    limit,
  );
});

test(
  "of a running video a segment that is gone is made again, at once for a player and else before the end",
  async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 12, width: 854, height: 480 });
    await app.start("a");
    const path = (name: string) => app.world.path("hls", "a", name);
    for (const rendition of ["360p", "audio"]) {
      await until(`${rendition} has begun`, async () => (await app.deps.ledger.find("a", rendition, 0)) !== null, 50);
      await rm(path(`${rendition}/segment-00000.m4s`));
    }
    expect((await app.demand("a", "360p", 0)).status).toBe(200);
    expect(existsSync(path("360p/segment-00000.m4s"))).toBe(true);
    await until("it is done", async () => (await app.deps.jobs.find("a"))?.state === "ok", 50);
    expect(existsSync(path("audio/segment-00000.m4s"))).toBe(true);
  },
  limit,
);
