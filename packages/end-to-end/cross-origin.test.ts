/**
 * Which requests the running system answers, by Host and by Origin: on bare sockets, on every route that each service's own
 * document names, and from pages of other origins in Chromium.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { connectRaw, createWorld, makeClip } from "@video-backend/testing";
import type Hls from "hls.js";
import { chromium, type Page } from "playwright-core";
import type { Upload, UploadOptions } from "tus-js-client";
import { chromiumPath } from "./player.ts";
import { type System, serviceNames, startSystem } from "./system.ts";

/** One for all tests here: none of them changes what another one looks at. */
let system: System;
beforeAll(async () => {
  system = await startSystem();
}, 60_000);
afterAll(() => system[Symbol.asyncDispose]());

test("HTTP/1.0 needs no Host, HTTP/1.1 does, and a foreign one gets nothing", async () => {
  // Streams that nobody knows are kept where they are whole.
  await Bun.write(join(system.storage, "hls/film/finished.json"), "{}");
  await Bun.write(join(system.storage, "hls/film/master.m3u8"), "#EXTM3U\n");
  const ask = async (name: (typeof serviceNames)[number], ...lines: string[]) => {
    const connection = await connectRaw(Number(new URL(system.url[name]).port));
    connection.send(`${lines.join("\r\n")}\r\n\r\n`);
    const { status, body } = await connection.answer();
    connection.close();
    return { status, body };
  };
  for (const name of serviceNames) {
    for (const fields of [[], ["Host:"], ["Host: 127.0.0.1"]]) {
      expect(await ask(name, "GET /health HTTP/1.0", ...fields)).toMatchObject({ status: 200 });
      expect((await ask(name, "GET /none/at?all=1 HTTP/1.0", ...fields)).body).toContain("GET /none/at;");
    }
    expect(await ask(name, "GET /health HTTP/1.1")).toMatchObject({ status: 400 });
    expect(await ask(name, "GET /health HTTP/1.1", "Host:")).toMatchObject({ status: 200 });
    expect(await ask(name, "GET /health HTTP/1.1", "Host: localhost", "Host: localhost")).toMatchObject({
      status: 400,
    });
    expect(await ask(name, "GET /health HTTP/1.1", "Host: evil.example")).toMatchObject({ status: 403 });
    expect(await ask(name, "GET http://localhost/health HTTP/1.1", "Host: evil.example")).toMatchObject({
      status: 403,
    });
  }
  // By the short way and by the routes; nothing of a public video either under another name.
  for (const path of ["/stream/film/master.m3u8", "/stream/film/master%2Em3u8"]) {
    expect(await ask("streaming", `GET ${path} HTTP/1.0`)).toEqual({ status: 200, body: "#EXTM3U\n" });
    expect(await ask("streaming", `GET ${path} HTTP/1.1`, "Host: evil.example")).toMatchObject({ status: 403 });
  }
  const body = JSON.stringify({ filename: "film.mp4", total_chunks: 1 });
  const fields = ["Content-Type: application/json", `Content-Length: ${body.length}`, "", body];
  for (const name of ["upload", "admin"] as const) {
    expect(await ask(name, "POST /upload/init HTTP/1.0", ...fields)).toMatchObject({ status: 200 });
  }
}, 30_000);

test("every route lets an allowed page do everything, and a foreign one change nothing", async () => {
  const [app, foreign] = ["http://localhost:4000", "https://evil.example"];
  for (const name of serviceNames) {
    const send = async (method: string, path: string, headers: Record<string, string>) => {
      const response = await fetch(system.url[name] + path, { method, headers, redirect: "manual" });
      await response.body?.cancel();
      return response;
    };
    const { paths } = (await (await fetch(`${system.url[name]}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    const routes = Object.entries(paths).flatMap(([template, operations]) =>
      Object.keys(operations).map((operation) => ({
        method: operation.toUpperCase(),
        path: template.replaceAll(/\{[^}]+\}/g, "1"),
      })),
    );
    expect(routes.length).toBeGreaterThan(5);
    for (const { method, path } of routes) {
      const preflight = { "access-control-request-method": method, "access-control-request-headers": "x-own" };
      const granted = await send("OPTIONS", path, { origin: app, ...preflight });
      expect(granted.status).toBe(204);
      expect(granted.headers.get("access-control-allow-methods")?.split(",")).toContain(method);
      expect(granted.headers.get("access-control-allow-headers")).toContain("x-own");
      // Streams stay readable for the pages of any origin.
      const readsAll = name === "streaming";
      const reader = (origin: string) => (readsAll ? "*" : origin);
      expect(granted.headers.get("access-control-allow-origin")).toBe(reader(app));
      if (method === "OPTIONS") continue;
      const isRead = method === "GET" || method === "HEAD";
      if (isRead && path.endsWith("/events")) continue;
      const answered = await send(method, path, { origin: app });
      if (!isRead) expect(`${method} ${path} ${answered.status}`).not.toEndWith(" 403");
      expect(answered.headers.get("access-control-allow-origin")).toBe(reader(app));
      const refused = await send(method, path, { origin: foreign });
      if (!isRead) expect(`${method} ${path} ${refused.status}`).toEndWith(" 403");
      const isStream = readsAll || /^\/((video|play|stream)\/1\/|watch\/1$|oembed$)/.test(path);
      expect(refused.headers.get("access-control-allow-origin")).toBe(isStream ? "*" : null);
      expect((await send("OPTIONS", path, { origin: foreign, ...preflight })).status).toBe(readsAll ? 204 : 403);
    }
  }
}, 60_000);

const libraries = ["tus-js-client/dist/tus.min.js", "hls.js/dist/hls.min.js"].map(
  (name) => new URL(import.meta.resolve(name)).pathname,
);

/** Chromium in which every name of `.example` is this machine, and a page of this origin with a clip of its own. */
async function openPages(clip: string) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      url.endsWith("/clip.mp4")
        ? new Response(Bun.file(clip))
        : new Response("<!doctype html><video></video>", { headers: { "content-type": "text/html" } }),
  });
  const browser = await chromium.launch({
    executablePath: chromiumPath ?? "",
    args: [
      ...["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
      "--host-resolver-rules=MAP *.example 127.0.0.1",
    ],
  });
  return {
    async open(host: string, port = server.port): Promise<Page> {
      const page = await browser.newPage();
      await page.goto(`http://${host}:${port}/`);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server.stop(true);
    },
  };
}

/** Runs in the page: what a front end on another port does; the last chunk first. Answers the ids of its videos. */
async function useTheSystem(url: System["url"]): Promise<{ ids: string[]; listed: string[] }> {
  const { tus } = globalThis as unknown as { tus: { Upload: new (file: Blob, options: UploadOptions) => Upload } };
  const file = await (await fetch("/clip.mp4")).blob();
  const form = (fields: Record<string, string | Blob>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return { method: "POST", body: data };
  };
  const begun = await fetch(
    `${url.upload}/upload/init`,
    form({ filename: "clip.mp4", total_chunks: "2", chunk_size: "10000" }),
  );
  const { upload_id } = await begun.json();
  for (const [index, chunk] of [[1, file.slice(10_000)] as const, [0, file.slice(0, 10_000)] as const]) {
    await fetch(`${url.upload}/upload/chunk`, form({ upload_id, index: String(index), file: chunk }));
  }
  const completed = await fetch(`${url.upload}/upload/complete`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": "of-a-page" },
    body: JSON.stringify({ upload_id }),
  });
  const byTus = await new Promise<string>((resolve, reject) => {
    const upload: Upload = new tus.Upload(file, {
      endpoint: `${url.admin}/files`,
      metadata: { filename: "clip.mp4" },
      chunkSize: Math.ceil(file.size / 2),
      retryDelays: null as unknown as number[],
      onSuccess: () => resolve(upload.url ?? ""),
      onError: reject,
    });
    upload.start();
  });
  const ids = [(await completed.json()).hash as string, byTus.slice(byTus.lastIndexOf("/") + 1)];
  const { videos } = await (await fetch(`${url.metadata}/videos`)).json();
  await new Promise((resolve, reject) => {
    const feed = new EventSource(`${url.metadata}/videos/events`);
    feed.onopen = resolve;
    feed.onerror = reject;
  });
  for (const id of ids) {
    for (let overall = "running"; overall !== "ok"; await new Promise((resolve) => setTimeout(resolve, 100))) {
      ({ overall } = await (await fetch(`${url.transcoding}/transcode/status/${id}`)).json());
      if (overall === "error") throw new Error(`${id} was not encoded`);
    }
  }
  return { ids, listed: videos.map(({ hash }: { hash: string }) => hash) };
}

/** Runs in the page: plays until half a second has been seen, and answers the errors of the player. */
async function play(master: string): Promise<string[]> {
  const { Hls: Player } = globalThis as unknown as { Hls: typeof Hls };
  const video = document.querySelector("video") as HTMLVideoElement;
  const errors: string[] = [];
  const hls = new Player({ enableWorker: false });
  hls.on(Player.Events.ERROR, (_, data) => void (data.fatal && errors.push(data.details)));
  hls.loadSource(master);
  hls.attachMedia(video);
  video.muted = true;
  void video.play();
  while (video.currentTime < 0.5 && errors.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  hls.destroy();
  return errors;
}

/** Runs in the page: all the ways there are to reach another origin. Answers what it could read. */
async function attack({ url, id }: { url: System["url"]; id: string }): Promise<string[]> {
  const read: string[] = [];
  const tell = (what: string, answer: Promise<Response>) =>
    answer.then(
      async (response) => {
        const text = await response.text();
        if (response.type !== "opaque" || text !== "") read.push(`${what}: ${response.status} ${text}`);
      },
      () => undefined,
    );
  const init = JSON.stringify({ filename: "evil.mp4", total_chunks: 1 });
  const form = () => {
    const data = new FormData();
    for (const [name, value] of [
      ["filename", "evil.mp4"],
      ["total_chunks", "1"],
    ] as const)
      data.append(name, value);
    return data;
  };
  const changes: [string, string, BodyInit?][] = [
    [`${url.upload}/upload/init`, "POST", form()],
    [`${url.admin}/upload/init`, "POST", form()],
    [`${url.upload}/upload/init`, "POST", new Blob([init], { type: "application/json" })],
    [`${url.upload}/upload/janitor`, "POST"],
    [`${url.transcoding}/transcode/resume`, "POST"],
    [`${url.admin}/admin/resume_all`, "POST"],
    [`${url.admin}/admin/videos/${id}/stop`, "POST"],
    [`${url.admin}/admin/videos/${id}`, "DELETE"],
    [`${url.admin}/videos/${id}`, "DELETE"],
    [`${url.metadata}/videos/${id}`, "DELETE"],
    [`${url.metadata}/videos/${id}/stop`, "PUT"],
    [`${url.metadata}/videos/${id}/playback-token`, "POST"],
    [`${url.upload}/files`, "POST"],
  ];
  for (const [address, method, body] of changes) {
    const parts = { method, ...(body === undefined ? {} : { body }) };
    await tell(`${method} ${address}`, fetch(address, parts));
    if (method === "POST") {
      await tell(`${method} ${address}`, fetch(address, { ...parts, mode: "no-cors" }));
      navigator.sendBeacon(address, body);
      const frame = document.createElement("iframe");
      frame.name = `frame${Math.random()}`;
      const sent = document.createElement("form");
      Object.assign(sent, { action: address, method, target: frame.name, enctype: "multipart/form-data" });
      for (const [name, value] of form()) {
        const field = document.createElement("input");
        Object.assign(field, { name, value });
        sent.append(field);
      }
      document.body.append(frame, sent);
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      sent.submit();
      await loaded;
    }
  }
  for (const address of [`${url.metadata}/videos`, `${url.admin}/videos`, `${url.upload}/upload/janitor`]) {
    await tell(`GET ${address}`, fetch(address));
    await tell(`GET ${address}`, fetch(address, { mode: "no-cors" }));
    await new Promise((resolve) => {
      const image = new Image();
      image.onload = image.onerror = resolve;
      image.src = address;
    });
  }
  for (const address of [`${url.metadata}/videos/events`, `${url.admin}/videos/events`]) {
    await new Promise((resolve) => {
      const feed = new EventSource(address);
      feed.onopen = () => resolve(read.push(`feed of ${address}`));
      feed.onerror = resolve;
    });
  }
  return read;
}

test.skipIf(!chromiumPath)(
  "a page of an allowed origin uploads, polls and plays; a foreign one, or one by another name, gets nothing done",
  async () => {
    await using world = createWorld();
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 });
    await using pages = await openPages(clip);

    const friend = await pages.open("localhost");
    for (const path of libraries) await friend.addScriptTag({ path });
    const { ids, listed } = await friend.evaluate(useTheSystem, system.url);
    expect(ids).toHaveLength(2);
    expect(listed).toEqual(expect.arrayContaining(ids));
    for (const base of [`${system.url.streaming}/stream`, `${system.url.admin}/video`]) {
      expect(await friend.evaluate(play, `${base}/${ids[0]}/master.m3u8`)).toEqual([]);
    }

    const state = async () => {
      using uploads = new Database(join(system.storage, "uploads.db"), { readonly: true });
      const { videos } = (await (await fetch(`${system.url.metadata}/videos`)).json()) as {
        videos: { stopped: number }[];
      };
      return { uploads: uploads.query("SELECT count(*) AS count FROM uploads").get(), videos };
    };
    const before = await state();
    const foreign = await pages.open("evil.example");
    await foreign.addScriptTag({ path: libraries[1] ?? "" });
    expect(await foreign.evaluate(attack, { url: system.url, id: ids[0] ?? "" })).toEqual([]);
    expect(await state()).toEqual(before);
    // Public streams are for the pages of any origin.
    expect(await foreign.evaluate(play, `${system.url.streaming}/stream/${ids[0]}/master.m3u8`)).toEqual([]);

    for (const name of serviceNames) {
      const rebound = await pages.open("rebound.example", Number(new URL(system.url[name]).port));
      const answers = await rebound.evaluate(
        async ([id]) => {
          const answered = [];
          for (const [method, path] of [
            ["GET", "/videos"],
            ["DELETE", `/videos/${id}`],
            ["GET", `/stream/${id}/master.m3u8`],
          ]) {
            answered.push((await fetch(path ?? "", { method: method ?? "" })).status);
          }
          return answered;
        },
        [ids[0]],
      );
      expect(answers).toEqual([403, 403, 403]);
      await rebound.close();
    }
    expect(await state()).toEqual(before);
  },
  120_000,
);
