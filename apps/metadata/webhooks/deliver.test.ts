import { expect, test } from "bun:test";
import { createLog, createMetrics } from "@video-backend/service";
import { createWorld, startWebhookReceiver, transcript, until } from "@video-backend/testing";
import type { Sending } from "../deps.ts";
import { createMetadataService } from "../service.ts";
import { createTestMetadata } from "../testing.ts";
import { keepDelivering, pruneDeliveries } from "./deliver.ts";
import { webhookEvents } from "./events.ts";
import { retryDelaySeconds, type WebhookEventType } from "./state.ts";

/** A metadata service that delivers, with the time of the machine, since receivers look at it. */
function setup(replaced: Partial<Sending> = {}) {
  const world = createWorld();
  let aheadSeconds = 0;
  const now = () => Date.now() / 1000 + aheadSeconds;
  const lines: string[] = [];
  const log = createLog("test", "trace", { write: (line) => void lines.push(line) });
  const metadata = createTestMetadata({ ...world, clock: { ...world.clock, now } });
  const sending = { ...metadata.deps.sending, retrySeconds: 0.02, timeoutSeconds: 10, ...replaced };
  const deps = { ...metadata.deps, sending, log, now };
  const metrics = createMetrics();
  const send = transcript(createMetadataService(deps));
  const secrets = new Map<string, string>();

  function deliver(counted = createMetrics()) {
    const stopping = new AbortController();
    const delivering = keepDelivering({ ...deps, metrics: counted }, stopping.signal);
    return async () => {
      stopping.abort();
      await delivering;
    };
  }
  const stop = deliver(metrics);
  world.defer(() => stop());
  return {
    world,
    deps,
    lines,
    send,
    metrics,
    deliver,
    stop,
    skip: (seconds: number) => {
      aheadSeconds += seconds;
    },
    secretOf: (path: string) => secrets.get(path),
    /** @returns the id of a webhook */
    async hook(url: string, events?: string[]): Promise<string> {
      const { status, body } = await send("POST /webhooks", { json: { url, ...(events && { events }) } });
      expect([status, body.detail]).toEqual([200, undefined]);
      secrets.set(new URL(url).pathname, body.secret);
      return body.id;
    },
    create: (hash: string) => send("POST /videos", { json: { hash, filename: `${hash}.mp4` } }),
    change: (hash: string, json: object) => send(`PUT /videos/${hash}`, { json }),
    deliveries: async (id: string, query = "") =>
      (await send(`GET /webhooks/${id}/deliveries${query}`)).body.deliveries,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("each event of a video reaches a receiver, in order, signed, and as its schema says", async () => {
  await using metadata = setup();
  const receiver = startWebhookReceiver(metadata.world, undefined, metadata);
  const id = await metadata.hook(`${receiver.url}/all`);
  await metadata.create("film");
  await metadata.change("film", { transcoding_status: "transcoding", playable: true });
  await metadata.change("film", { transcoding_status: "failed", error: "why" });
  await metadata.change("film", { transcoding_status: "completed", error: null });
  await metadata.send("DELETE /videos/film");
  const expired = { upload_id: "up", filename: "u.mp4", title: null, bytes_received: 1, created_at: 1, expired_at: 2 };
  for (let time = 0; time < 2; time++) await metadata.send("POST /uploads/expired", { json: expired });
  await until("all is delivered", async () => (await metadata.deliveries(id, "?state=delivered")).length === 6);
  expect(receiver.refused).toEqual([]);
  expect(receiver.received.filter(({ videoId }) => videoId === "film").map(({ type }) => type)).toEqual([
    "video.created",
    "video.playable",
    "video.failed",
    "video.completed",
    "video.deleted",
  ]);
  expect(receiver.received.find(({ type }) => type === "video.failed")?.body.data).toMatchObject({ error: "why" });
  expect(receiver.received.find(({ type }) => type === "upload.expired")?.body.data).toEqual(expired);
  for (const { type, body } of receiver.received) webhookEvents[type as WebhookEventType].strict().parse(body);
  const [newest] = await metadata.deliveries(id, "?limit=1");
  expect(newest).toMatchObject({ id: "evt_expired_up", video_id: "up", tries: 1, response_status: 204, error: null });
  const told = await metadata.metrics.text();
  expect(told).toContain('video_webhook_tries_total{outcome="delivered"} 6\n');
  expect(told).toContain('video_webhook_tries_total{outcome="failed"} 0\n');
});

test("what a receiver refuses is sent again with the same id, before what comes after it; other videos go on", async () => {
  await using metadata = setup();
  const isRefused = new Map([["bad", 3]]);
  const receiver = startWebhookReceiver(metadata.world, ({ videoId }) => {
    const left = isRefused.get(videoId) ?? 0;
    isRefused.set(videoId, left - 1);
    return left > 0 ? new Response("not now, please", { status: 503 }) : new Response();
  });
  const id = await metadata.hook(receiver.url);
  for (const video of ["bad", "good"]) {
    await metadata.create(video);
    await metadata.change(video, { playable: true });
  }
  await until("all is delivered", async () => (await metadata.deliveries(id, "?state=delivered")).length === 4);
  const ofBad = receiver.received.filter(({ videoId }) => videoId === "bad");
  expect(ofBad.map(({ type }) => type)).toEqual([...Array(4).fill("video.created"), "video.playable"]);
  expect(new Set(ofBad.map((one) => one.id)).size).toBe(2);
  expect(receiver.received.filter(({ videoId }) => videoId === "good")).toHaveLength(2);
  const reason = "the receiver answered 503: not now, please";
  expect(metadata.lines.join("")).toContain(reason);
});

test("a receiver that does not answer holds up neither another one nor a request, and has a few connections", async () => {
  await using metadata = setup();
  let open = 0;
  const silent = startWebhookReceiver(metadata.world, () => {
    open++;
    return new Promise<Response>(() => {});
  });
  const well = startWebhookReceiver(metadata.world, undefined, metadata);
  const silentId = await metadata.hook(`${silent.url}/silent`);
  const wellId = await metadata.hook(`${well.url}/well`);
  const before = performance.now();
  for (let n = 0; n < 100; n++) expect((await metadata.create(`film${n}`)).status).toBe(200);
  await until(
    "the other one has all",
    async () => (await metadata.deliveries(wellId, "?state=delivered&limit=200")).length === 100,
  );
  // Less than the time in which the silent one is given up once.
  expect(performance.now() - before).toBeLessThan(10_000);
  expect([open, well.received.length]).toEqual([4, 100]);
  expect(await metadata.deliveries(silentId, "?state=delivered,failed")).toEqual([]);
});

test("a receiver that is too slow, sends without end, redirects or breaks off has failed, and is asked nothing more", async () => {
  await using metadata = setup({ timeoutSeconds: 0.3, retrySeconds: 3600 });
  const elsewhere = startWebhookReceiver(metadata.world);
  const endless = () =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(97)) });
  const receiver = startWebhookReceiver(metadata.world, ({ path }) => {
    if (path === "/slow") return new Promise<Response>(() => {});
    if (path === "/endless") return new Response(endless(), { status: 500 });
    return Response.redirect(`${elsewhere.url}/`, 307);
  });
  const errors: Record<string, string> = {};
  const nobody = startWebhookReceiver(metadata.world);
  nobody.stop();
  for (const url of [
    ...["slow", "endless", "redirect"].map((path) => `${receiver.url}/${path}`),
    `${nobody.url}/gone`,
  ]) {
    const id = await metadata.hook(url);
    await metadata.create(`film-for-${id.slice(0, 9)}`);
    const [tried] = await until("it is tried", async () => {
      const found = await metadata.deliveries(id, "?state=pending");
      return found[0]?.tries === 1 && found;
    });
    errors[new URL(url).pathname] = tried.error;
    await metadata.send(`DELETE /webhooks/${id}`);
  }
  expect(errors["/slow"]).toBe("no answer within 0.3 s");
  expect(errors["/endless"]).toStartWith("the receiver answered 500: aaaa");
  expect(errors["/endless"]?.length).toBeLessThan(400);
  expect(errors["/redirect"]).toBe("the receiver answered 307");
  expect(errors["/gone"]).toContain("cannot be connected to");
  expect(elsewhere.received).toEqual([]);
});

test("an address that is not public is refused, when a webhook is created, and when its name leads there later", async () => {
  await using metadata = setup();
  const { send, deps } = metadata;
  for (const url of ["http://10.0.0.1/", "http://[::1]:8003/", "http://169.254.169.254/latest"]) {
    expect(await send("POST /webhooks", { json: { url } })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining("REMOTE_ALLOW") },
    });
  }
  for (const url of ["ftp://app.example/", "no address", "https://me:secret@app.example/"]) {
    expect((await send("POST /webhooks", { json: { url } })).status).toBe(422);
  }
  const addresses = ["127.0.0.1"];
  deps.sending.rules.resolve = async () => [addresses.shift() ?? "10.0.0.1"];
  const id = await metadata.hook("http://app.example/");
  await metadata.create("film");
  const [tried] = await until("it is tried", async () => {
    const found = await metadata.deliveries(id);
    return found[0]?.tries > 0 && found;
  });
  expect(tried.error).toContain("app.example is not on the public internet");
});

test("deleting a webhook ends its deliveries, also the one in progress, and nothing of it is left", async () => {
  await using metadata = setup();
  const { deps, send } = metadata;
  let isCut = false;
  const receiver = startWebhookReceiver(metadata.world, (_, request) => {
    request.signal.addEventListener("abort", () => {
      isCut = true;
    });
    return new Promise<Response>(() => {});
  });
  const id = await metadata.hook(receiver.url);
  await metadata.create("film");
  await metadata.change("film", { playable: true });
  await until("it is in progress", () => receiver.received.length === 1);
  expect((await send(`DELETE /webhooks/${id}`)).body).toEqual({ status: "deleted" });
  await until("the connection is closed", () => isCut);
  await metadata.create("later");
  expect([
    (await send(`DELETE /webhooks/${id}`)).status,
    (await send(`GET /webhooks/${id}/deliveries`)).status,
  ]).toEqual([404, 404]);
  await pruneDeliveries(deps, new AbortController().signal);
  expect(deps.webhooks.listDeliveries(id, { limit: 9, offset: 0 })).resolves.toEqual([]);
  expect(receiver.received).toHaveLength(1);
});

test("after 24 hours a delivery is given up, can be resent, and is removed some days later", async () => {
  await using metadata = setup();
  let status = 500;
  const receiver = startWebhookReceiver(metadata.world, () => new Response(null, { status }));
  const id = await metadata.hook(receiver.url, ["video.created"]);
  await metadata.create("film");
  await until("it was tried", () => receiver.received.length > 1);
  metadata.skip(24 * 3600);
  const [failed] = await until("it is given up", async () => {
    const found = await metadata.deliveries(id, "?state=failed");
    return found.length === 1 && found;
  });
  const tries = receiver.received.length;
  expect(failed).toMatchObject({ tries, error: "the receiver answered 500", next_try_at: null });
  status = 200;
  expect((await metadata.send(`POST /webhooks/${id}/deliveries/${failed.id}/resend`)).body).toMatchObject({
    id: failed.id,
    state: "pending",
    tries: 0,
  });
  await until("it is delivered", async () => (await metadata.deliveries(id, "?state=delivered")).length === 1);
  expect(new Set(receiver.received.map((one) => one.id))).toEqual(new Set([failed.id]));
  const { deps } = metadata;
  await pruneDeliveries(deps, new AbortController().signal);
  expect(await metadata.deliveries(id)).toHaveLength(1);
  metadata.skip(deps.sending.keepSeconds);
  await pruneDeliveries(deps, new AbortController().signal);
  expect(await metadata.deliveries(id)).toEqual([]);
});

test("a service that stops hands over to the next one, which sends what was interrupted with the same id", async () => {
  await using metadata = setup();
  let isSilent = true;
  const receiver = startWebhookReceiver(metadata.world, () =>
    isSilent ? new Promise<Response>(() => {}) : new Response(),
  );
  const id = await metadata.hook(receiver.url);
  await metadata.create("film");
  await until("it is in progress", () => receiver.received.length === 1);
  await metadata.stop();
  isSilent = false;
  const stop = metadata.deliver();
  await until("it is delivered", async () => (await metadata.deliveries(id, "?state=delivered")).length === 1);
  await stop();
  expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id ?? "");
});

test("a secret is shown once, and is in no list and no log; what is unknown is not found", async () => {
  await using metadata = setup();
  const { send, lines } = metadata;
  const receiver = startWebhookReceiver(metadata.world, () => new Response(null, { status: 500 }));
  const json = {
    url: `${receiver.url}/path-of-it`,
    events: ["video.failed", "video.created", "video.created"],
    description: "My site",
  };
  const { body: created } = await send("POST /webhooks", { json });
  const { secret, ...shown } = created;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/=]{32}$/);
  expect(shown).toMatchObject({ ...json, events: ["video.created", "video.failed"] });
  expect((await send("GET /webhooks")).body).toEqual({ webhooks: [shown] });
  await metadata.create("film");
  await until("it was tried", () => receiver.received.length > 1);
  expect(lines.join("")).not.toContain(secret.slice("whsec_".length));
  const logged = lines.map((line) => JSON.parse(line)).filter(({ webhookId }) => webhookId !== undefined);
  expect(JSON.stringify(logged)).not.toContain("path-of-it");
  const unknown = `wh_${"x".repeat(21)}`;
  for (const line of [
    `DELETE /webhooks/${unknown}`,
    `GET /webhooks/${unknown}/deliveries`,
    `POST /webhooks/${unknown}/deliveries/evt_1/resend`,
    `POST /webhooks/${created.id}/deliveries/evt_1/resend`,
  ]) {
    expect([line, (await send(line)).status]).toEqual([line, 404]);
  }
  expect((await send("DELETE /webhooks/..%2f..")).status).toBe(400);
  expect((await send("POST /webhooks", { json: { url: receiver.url, events: ["video.updated"] } })).status).toBe(422);
  for (let n = 1; n < 32; n++) await metadata.hook(`${receiver.url}/${n}`);
  expect((await send("POST /webhooks", { json: { url: receiver.url } })).status).toBe(409);
});

test("retries come later and later, for at least 30 tries in 24 hours", () => {
  const delays = Array.from({ length: 60 }, (_, index) => retryDelaySeconds(index + 1, 5, 0));
  expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
  expect(delays.at(-1)).toBe(1800);
  let tries = 1;
  for (let seconds = 0; seconds < 24 * 3600; seconds += delays[tries - 1] ?? 1800) tries++;
  expect(tries).toBeGreaterThan(30);
  expect(retryDelaySeconds(1, 5, 1)).toBe(5.5);
});
