/** What every store of videos keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import type { Clock } from "@video-backend/testing";
import { VideoQuery } from "../contract.ts";
import type { MetadataDeps } from "../deps.ts";
import type { NewVideoRecord, VideoRecord } from "./store.ts";

export interface OpenStores
  extends Pick<MetadataDeps, "videos" | "captions" | "changes" | "apiKeys" | "sessions" | "webhooks">,
    AsyncDisposable {
  clock: Clock;
}

const film = (hash: string, more: Partial<NewVideoRecord> = {}): NewVideoRecord => ({
  hash,
  filename: `${hash}.mp4`,
  title: null,
  description: null,
  thumbnailFilename: null,
  visibility: "public",
  ...more,
});

const sha256 = "a".repeat(64);

export function videosSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  const kinds = async ({ changes }: OpenStores) => (await changes.listAfter(0, 100)).map(({ kind }) => kind);

  describe(`the store of videos in ${name}`, () => {
    test("a video is created, found, changed and deleted, and each change is in the feed", async () => {
      await using stores = await open();
      const { videos, clock } = stores;
      expect(await videos.find("a")).toBeNull();
      expect(await videos.create(film("a", { title: "A" }))).toEqual({ id: 1, hash: "a" });
      const created: VideoRecord = {
        ...film("a", { title: "A" }),
        id: 1,
        originalResolution: null,
        originalQualityLabel: null,
        duration: null,
        transcodingStatus: "pending",
        error: null,
        isStopped: false,
        playableAt: null,
        sha256: null,
        duplicateOf: null,
        createdAt: clock.now(),
        updatedAt: clock.now(),
      };
      expect(await videos.find("a")).toEqual(created);
      clock.advance(5);
      const changed = { duration: 1.5, transcodingStatus: "transcoding", sha256 } as const;
      expect(await videos.update("a", changed)).toEqual({ isUpdated: true, found: "pending" });
      expect(await videos.find("a")).toEqual({ ...created, ...changed, updatedAt: clock.now() });
      expect(await videos.delete("a")).toMatchObject({ hash: "a", ...changed });
      expect([await videos.find("a"), await videos.delete("a")]).toEqual([null, null]);
      expect(await kinds(stores)).toEqual(["video.created", "video.updated", "video.deleted"]);
    });

    test("a hash that exists is answered and not changed, also when two create it at once", async () => {
      await using stores = await open();
      const both = ["first", "second"].map((title) => stores.videos.create(film("a", { title })));
      expect(await Promise.all(both)).toEqual([
        { id: 1, hash: "a" },
        { id: 1, hash: "a" },
      ]);
      expect(await kinds(stores)).toEqual(["video.created"]);
      expect(await stores.videos.list(VideoQuery.parse({}))).toMatchObject({ total: 1 });
    });

    test("a deletion is remembered until the video is created again", async () => {
      await using stores = await open();
      const { videos, clock } = stores;
      expect(await videos.deletedAt("a")).toBeNull();
      await videos.create(film("a"));
      await videos.delete("a");
      const deletedAt = clock.now();
      clock.advance(5);
      expect(await videos.deletedAt("a")).toBe(deletedAt);
      await videos.create(film("a"));
      expect(await videos.deletedAt("a")).toBeNull();
    });

    test("an update is made only from an accepted status, and leaves nothing behind otherwise", async () => {
      await using stores = await open();
      const { videos } = stores;
      await videos.create(film("a"));
      const toCompleted = { transcodingStatus: "completed", title: "Done" } as const;
      expect(await videos.update("a", toCompleted, ["transcoding"])).toEqual({ isUpdated: false, found: "pending" });
      expect(await videos.find("a")).toMatchObject({ transcodingStatus: "pending", title: null });
      expect(await videos.update("nobody", toCompleted, ["pending"])).toBeNull();
      expect(await kinds(stores)).toEqual(["video.created"]);
      const both = [videos.update("a", toCompleted, ["pending"]), videos.update("a", toCompleted, ["pending"])];
      const made = (await Promise.all(both)).map((result) => result?.isUpdated);
      expect(made.toSorted()).toEqual([false, true]);
    });

    test("a default thumbnail is taken by a video without one only", async () => {
      await using stores = await open();
      const { videos } = stores;
      const thumbnail = async () => (await videos.find("a"))?.thumbnailFilename;
      await videos.create(film("a"));
      await videos.update("a", { defaultThumbnailFilename: "made.jpg" });
      expect(await thumbnail()).toBe("made.jpg");
      await videos.update("a", { defaultThumbnailFilename: "other.jpg" });
      expect(await thumbnail()).toBe("made.jpg");
      await videos.update("a", { thumbnailFilename: "chosen.jpg", defaultThumbnailFilename: "other.jpg" });
      expect(await thumbnail()).toBe("chosen.jpg");
      await videos.update("a", { thumbnailFilename: null });
      expect(await thumbnail()).toBeNull();
    });

    test("stopping what is stopped is no change", async () => {
      await using stores = await open();
      const { videos } = stores;
      await videos.create(film("a"));
      expect(await videos.setStopped("a", false)).toBeTrue();
      expect(await videos.setStopped("a", true)).toBeTrue();
      expect(await videos.setStopped("a", true)).toBeTrue();
      expect(await videos.setStopped("nobody", true)).toBeFalse();
      expect((await videos.find("a"))?.isStopped).toBeTrue();
      expect(await kinds(stores)).toEqual(["video.created", "video.updated"]);
    });

    test("the first of identical files is nobody's duplicate, and the others are its duplicates", async () => {
      await using stores = await open();
      const { videos, clock } = stores;
      for (const hash of ["b", "a", "c"]) {
        await videos.create(film(hash));
        await videos.update(hash, { sha256 });
        clock.advance(1);
      }
      const duplicates = async () =>
        Object.fromEntries((await videos.list(VideoQuery.parse({}))).videos.map((one) => [one.hash, one.duplicateOf]));
      expect(await duplicates()).toEqual({ b: null, a: "b", c: "b" });
      await videos.delete("b");
      expect(await duplicates()).toEqual({ a: null, c: "a" });
    });

    test("lists are sorted, searched, filtered and paged", async () => {
      await using stores = await open();
      const { videos, clock } = stores;
      const made = { a: "Über alles", b: "beta 100%", c: null, d: "Alpha" };
      for (const [hash, title] of Object.entries(made)) {
        await videos.create(film(hash, { title, description: `film ${hash}` }));
        clock.advance(1);
      }
      await videos.update("a", { duration: 10, transcodingStatus: "completed" });
      await videos.update("b", { duration: 20, visibility: "private" });
      for (const hash of ["a", "c"]) await videos.setStopped(hash, true);
      const list = async (query: Record<string, string>) => {
        const { videos: page, total } = await videos.list(VideoQuery.parse(query));
        return [page.map(({ hash }) => hash).join(""), total];
      };
      expect(await list({})).toEqual(["dcba", 4]);
      expect(await list({ sort: "oldest" })).toEqual(["abcd", 4]);
      expect(await list({ sort: "title", q: "film" })).toEqual(["dbca", 4]);
      expect(await list({ sort: "longest" })).toEqual(["badc", 4]);
      expect(await list({ sort: "shortest" })).toEqual(["abdc", 4]);
      expect(await list({ limit: "2", offset: "1" })).toEqual(["cb", 4]);
      expect(await list({ q: "ALPHA" })).toEqual(["d", 1]);
      expect(await list({ q: "film 100%" })).toEqual(["b", 1]);
      expect(await list({ q: "c.mp4" })).toEqual(["c", 1]);
      expect(await list({ visibility: "private" })).toEqual(["b", 1]);
      expect(await list({ stopped: "1" })).toEqual(["ca", 2]);
      expect(await list({ status: "stopped,completed" })).toEqual(["ca", 2]);
      expect(await list({ status: "pending" })).toEqual(["db", 2]);
      expect(await list({ transcoding_status: "pending" })).toEqual(["dcb", 3]);
      expect(await videos.listPrivate()).toEqual(["b"]);
    });
  });
}
