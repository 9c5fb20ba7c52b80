/** What every store of webhooks keeps, whatever the database; and what the store of videos adds to the outbox. */
import { describe, expect, test } from "bun:test";
import type { OpenStores } from "../videos/videos.suite.ts";
import { giveUpSeconds, type WebhookEventType, webhookEventTypes } from "./state.ts";
import type { DeliveryRecord } from "./store.ts";

const hook = (id: string, events: WebhookEventType[] = [...webhookEventTypes]) => ({
  id,
  url: `https://${id}.example/`,
  events,
  description: null,
  secret: "whsec_AAAA",
});

const film = (hash: string) => ({
  hash,
  filename: `${hash}.mp4`,
  title: null,
  description: null,
  thumbnailFilename: null,
  visibility: "public" as const,
});

const most = { limit: 1000, offset: 0 };

export function webhooksSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  /** The deliveries of a webhook, the oldest first. */
  const inOrder = async ({ webhooks }: OpenStores, id: string): Promise<DeliveryRecord[]> =>
    (await webhooks.listDeliveries(id, most)).toReversed();
  const types = async (stores: OpenStores, id: string) => (await inOrder(stores, id)).map(({ type }) => type);
  const states = async (stores: OpenStores, id: string) => (await inOrder(stores, id)).map(({ state }) => state);
  const record = ({ webhooks }: OpenStores, videoId: string, id?: string) =>
    webhooks.record({
      ...(id === undefined ? {} : { id }),
      type: "upload.expired",
      videoId,
      data: () => ({ videoId }),
    });
  async function due({ webhooks }: OpenStores, id: string, limit = 100, except: string[] = []) {
    return webhooks.listDue(id, limit, except);
  }
  const delivered = { kind: "delivered", responseStatus: 204 } as const;

  describe(`the store of webhooks in ${name}`, () => {
    test("webhooks are created up to a number, listed, found and deleted", async () => {
      await using stores = await open();
      const { webhooks, clock } = stores;
      const created = { ...hook("a"), createdAt: clock.now() };
      expect(await webhooks.create(hook("a"), 2)).toEqual(created);
      clock.advance(1);
      await webhooks.create(hook("b", ["video.failed"]), 2);
      expect(await webhooks.create(hook("c"), 2)).toBeNull();
      expect((await webhooks.list()).map(({ id }) => id)).toEqual(["b", "a"]);
      expect(await webhooks.find("a")).toEqual(created);
      expect([await webhooks.delete("a"), await webhooks.delete("a"), await webhooks.delete("c")]).toEqual([
        true,
        false,
        false,
      ]);
      expect([await webhooks.find("a"), (await webhooks.list()).length]).toEqual([null, 1]);
      expect(await webhooks.create(hook("c"), 2)).not.toBeNull();
    });

    test("a change of a video and what webhooks are told of it are one: all that wants it has it, nothing else", async () => {
      await using stores = await open();
      const { videos, webhooks } = stores;
      await videos.create(film("before"));
      await webhooks.create(hook("all"), 9);
      await webhooks.create(hook("some", ["video.completed", "upload.expired"]), 9);
      await videos.create(film("a"));
      await videos.create(film("a"));
      await videos.update("a", { title: "A", transcodingStatus: "transcoding" });
      await videos.update("a", { isPlayable: true });
      await videos.update("a", { isPlayable: true, transcodingStatus: "transcoding" });
      await videos.update("a", { transcodingStatus: "completed" }, ["pending"]);
      await videos.update("a", { transcodingStatus: "completed" });
      await videos.update("a", { transcodingStatus: "completed", isPlayable: true });
      await videos.delete("a");
      await videos.delete("a");
      const told = ["video.created", "video.playable", "video.completed", "video.deleted"];
      expect(await types(stores, "all")).toEqual(told as WebhookEventType[]);
      expect(await types(stores, "some")).toEqual(["video.completed"]);
      const [first, ...others] = await inOrder(stores, "all");
      expect(first).toMatchObject({ state: "pending", tries: 0, videoId: "a", nextTryAt: stores.clock.now() });
      expect(others.map(({ state }) => state)).toEqual(["waiting", "waiting", "waiting"]);
      expect(JSON.parse(others[2]?.payload ?? "")).toMatchObject({
        type: "video.deleted",
        timestamp: new Date(stores.clock.now() * 1000).toISOString(),
        data: { hash: "a", title: "A", transcoding_status: "completed" },
      });
      const ids = new Set((await inOrder(stores, "all")).map(({ eventId }) => eventId));
      expect(ids.size).toBe(4);
    });

    test("a video plays for the first time once, also when it is told by two at once, or by being completed", async () => {
      await using stores = await open();
      const { videos, webhooks, clock } = stores;
      await webhooks.create(hook("a", ["video.playable", "video.failed"]), 9);
      await videos.create(film("one"));
      await Promise.all([1, 2, 3].map(() => videos.update("one", { isPlayable: true })));
      const { playableAt } = (await videos.find("one")) ?? {};
      expect(playableAt).toBe(clock.now());
      clock.advance(5);
      await videos.update("one", { transcodingStatus: "failed", error: "why" });
      await videos.update("one", { transcodingStatus: "failed", error: "why else", isPlayable: true });
      await videos.update("one", { transcodingStatus: "completed" });
      expect((await videos.find("one"))?.playableAt).toBe(playableAt ?? 0);
      await videos.create(film("two"));
      await videos.update("two", { transcodingStatus: "completed" });
      expect((await inOrder(stores, "a")).map(({ type, videoId }) => `${type} ${videoId}`)).toEqual([
        "video.playable one",
        "video.failed one",
        "video.playable two",
      ]);
    });

    test("an event with an id is added once", async () => {
      await using stores = await open();
      await stores.webhooks.create(hook("a"), 9);
      for (let time = 0; time < 2; time++) await record(stores, "v", "evt_1");
      await stores.webhooks.create(hook("b"), 9);
      await record(stores, "v", "evt_1");
      expect((await inOrder(stores, "a")).map(({ eventId }) => eventId)).toEqual(["evt_1"]);
      expect(await types(stores, "b")).toEqual(["upload.expired"]);
    });

    test("of each video one event is due, the next one when it is settled; videos do not wait for each other", async () => {
      await using stores = await open();
      const { webhooks, clock } = stores;
      await webhooks.create(hook("a"), 9);
      for (const video of ["v", "v", "w"]) {
        await record(stores, video);
        clock.advance(1);
      }
      const [v1, w] = await due(stores, "a");
      expect([v1?.videoId, w?.videoId, (await due(stores, "a")).length]).toEqual(["v", "w", 2]);
      expect((await due(stores, "a", 1)).length).toBe(1);
      expect((await due(stores, "a", 9, ["v"])).map(({ videoId }) => videoId)).toEqual(["w"]);
      if (!v1 || !w) throw new Error("nothing is due");
      const failed = { kind: "failed", responseStatus: 500, error: "500", nextTryAt: clock.now() + 10 } as const;
      await webhooks.recordTry(v1, failed);
      await webhooks.recordTry(w, delivered);
      expect(await states(stores, "a")).toEqual(["pending", "waiting", "delivered"]);
      expect([await due(stores, "a"), await webhooks.nextDueAt("a")]).toEqual([[], clock.now() + 10]);
      clock.advance(10);
      const [again] = await due(stores, "a");
      expect(again).toMatchObject({ eventId: v1.eventId, tries: 1, error: "500", responseStatus: 500 });
      await webhooks.recordTry({ ...v1, tries: 1 }, { ...failed, nextTryAt: null });
      expect(await states(stores, "a")).toEqual(["failed", "pending", "delivered"]);
      expect(await due(stores, "a")).toMatchObject([{ videoId: "v", tries: 0 }]);
    });

    test("what was resent meanwhile is not settled by a try of before, and is due with all of its time again", async () => {
      await using stores = await open();
      const { webhooks, clock } = stores;
      await webhooks.create(hook("a"), 9);
      await record(stores, "v");
      await record(stores, "v");
      const [first] = await due(stores, "a");
      if (!first) throw new Error("nothing is due");
      await webhooks.recordTry(first, {
        kind: "failed",
        responseStatus: null,
        error: "no",
        nextTryAt: clock.now() + 99,
      });
      clock.advance(5);
      const second = (await inOrder(stores, "a"))[1]?.eventId ?? "";
      expect(await webhooks.resend("a", second)).toBeNull();
      expect(await webhooks.resend("a", "evt_none")).toBeNull();
      expect(await webhooks.resend("a", first.eventId)).toMatchObject({
        state: "pending",
        tries: 0,
        nextTryAt: clock.now(),
        endsAt: clock.now() + giveUpSeconds,
      });
      await webhooks.recordTry({ ...first, tries: 1 }, delivered);
      expect(await states(stores, "a")).toEqual(["pending", "waiting"]);
      await webhooks.recordTry({ ...first, tries: 0 }, delivered);
      expect(await states(stores, "a")).toEqual(["delivered", "pending"]);
      await webhooks.resend("a", first.eventId);
      expect(await states(stores, "a")).toEqual(["pending", "pending"]);
      await record(stores, "v");
      await webhooks.recordTry({ ...first, tries: 0 }, delivered);
      expect(await states(stores, "a")).toEqual(["delivered", "pending", "waiting"]);
    });

    test("a deleted webhook gets nothing more, and its deliveries go in small parts, like those that are old", async () => {
      await using stores = await open();
      const { webhooks, clock } = stores;
      await webhooks.create(hook("gone"), 9);
      await webhooks.create(hook("a"), 9);
      for (let n = 0; n < 5; n++) await record(stores, `v${n}`);
      await webhooks.delete("gone");
      await record(stores, "late");
      expect((await inOrder(stores, "gone")).length).toBe(5);
      const [old, ...rest] = await due(stores, "a");
      if (!old) throw new Error("nothing is due");
      await webhooks.recordTry(old, delivered);
      clock.advance(10);
      for (const one of rest.slice(1)) await webhooks.recordTry(one, delivered);
      expect([
        await webhooks.prune(clock.now() - 10, 4),
        await webhooks.prune(clock.now() - 10, 4),
        await webhooks.prune(clock.now() - 10, 4),
      ]).toEqual([4, 2, 0]);
      expect([await types(stores, "gone"), (await states(stores, "a")).toSorted()]).toEqual([
        [],
        ["delivered", "delivered", "delivered", "delivered", "pending"],
      ]);
    });

    test("whoever waits is woken by an event that is wanted, a resend and a deletion", async () => {
      await using stores = await open();
      const { webhooks } = stores;
      await webhooks.create(hook("a"), 9);
      let woken = webhooks.next();
      await record(stores, "v", "evt_1");
      await woken;
      expect(await due(stores, "a")).toHaveLength(1);
      woken = webhooks.next();
      await webhooks.resend("a", "evt_1");
      await woken;
      woken = webhooks.next();
      await webhooks.delete("a");
      await woken;
    });
  });
}
