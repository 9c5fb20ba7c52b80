import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";
import { imageKindOf } from "./image-kind.ts";

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]);
const jpg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 4, 5, 6]);
const webp = new Uint8Array([...new TextEncoder().encode("RIFF\u0004\0\0\0WEBPVP8 ")]);

async function setup() {
  const world = createWorld();
  const admin = createTestAdmin(world);
  const metadata = transcript(admin.metadata);
  await metadata("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
  const send = transcript(admin.service);
  return {
    ...admin,
    metadata,
    send,
    give: (bytes: Uint8Array<ArrayBuffer>, name = "../../evil.html", hash = "film") =>
      send(`POST /thumbnail/${hash}`, { form: { file: new File([bytes], name, { type: "text/html" }) } }),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test.each([
  ["jpg", jpg, "image/jpeg"],
  ["png", png, "image/png"],
  ["webp", webp, "image/webp"],
] as const)("a %s is stored as what its bytes are, whatever its name says", async (kind, bytes, type) => {
  await using admin = await setup();
  expect(await admin.give(bytes)).toMatchObject({
    status: 200,
    body: { status: "ok", hash: "film", thumbnail_filename: `thumbnail.${kind}` },
  });
  expect((await admin.metadata("GET /videos/film")).body.thumbnail_filename).toBe(`thumbnail.${kind}`);
  const reply = await admin.service.fetch(new Request("http://service.test/thumbnail/film"));
  expect(reply.headers.get("content-type")).toBe(type);
  expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await reply.bytes()).toEqual(bytes);
  const head = await admin.send("HEAD /thumbnail/film");
  expect(head.headers.get("content-length")).toBe(String(bytes.length));
});

test("the last one given is the one served", async () => {
  await using admin = await setup();
  await admin.give(png);
  await admin.give(jpg);
  const reply = await admin.service.fetch(new Request("http://service.test/thumbnail/film"));
  expect(await reply.bytes()).toEqual(jpg);
});

test("what is no image is refused, and nothing is stored", async () => {
  await using admin = await setup();
  for (const bytes of [new TextEncoder().encode("<script>"), new Uint8Array(), png.slice(0, 4)]) {
    expect(await admin.give(bytes, "image.png")).toMatchObject({ status: 400 });
  }
  expect((await admin.send("POST /thumbnail/film", { form: { image: "none" } })).status).toBe(422);
  expect((await admin.send("POST /thumbnail/film", { form: { file: "text" } })).status).toBe(422);
  expect(await admin.store.exists("thumbnails")).toBe(false);
});

test("one of more than 10 MiB is refused, with and without a declared length", async () => {
  await using admin = await setup();
  const large = new Uint8Array(11 * 1024 * 1024);
  large.set(png);
  expect((await admin.give(large)).status).toBe(413);
  const form = new FormData();
  form.append("file", new File([large], "a.png"));
  const whole = new Response(form);
  const streamed = new Request("http://service.test/thumbnail/film", {
    method: "POST",
    headers: { "content-type": whole.headers.get("content-type") ?? "" },
    body: whole.body,
  });
  expect((await admin.service.fetch(streamed)).status).toBe(413);
  expect(await admin.store.exists("thumbnails")).toBe(false);
});

test("a video that nobody knows gets none", async () => {
  await using admin = await setup();
  expect(await admin.give(png, "a.png", "nobody")).toMatchObject({ status: 404, body: { detail: "Video not found" } });
  expect(await admin.store.exists("thumbnails/nobody")).toBe(false);
  expect((await admin.send("GET /thumbnail/nobody")).status).toBe(404);
});

test.each([null, "cover.jpg", "../../videos.db", "thumbnail.png"])(
  "a video that names %j but has neither such an image of ours nor a poster is 404",
  async (thumbnail_filename) => {
    await using admin = await setup();
    await admin.metadata("PUT /videos/film", { json: { thumbnail_filename } });
    expect(await admin.send("GET /thumbnail/film")).toMatchObject({
      status: 404,
      body: { detail: "Thumbnail not found" },
    });
  },
);

test.each([null, "poster.jpg", "thumbnail.png"])(
  "a video that names %j and was given nothing is shown by its poster, and by what is given afterwards",
  async (thumbnail_filename) => {
    await using admin = await setup();
    await admin.metadata("PUT /videos/film", { json: { thumbnail_filename } });
    await admin.store.put("hls/film/poster.jpg", jpg);
    const ask = () => admin.service.fetch(new Request("http://service.test/thumbnail/film"));
    const poster = await ask();
    expect(poster.headers.get("content-type")).toBe("image/jpeg");
    expect(await poster.bytes()).toEqual(jpg);
    await admin.give(webp);
    expect(await (await ask()).bytes()).toEqual(webp);
  },
);

test("without metadata there is neither giving nor getting", async () => {
  await using admin = await setup();
  admin.lose("metadata");
  expect((await admin.give(png)).status).toBe(503);
  expect((await admin.send("GET /thumbnail/film")).status).toBe(503);
});

test("the kind is in the first bytes", () => {
  expect([jpg, png, webp].map(imageKindOf)).toEqual(["jpg", "png", "webp"]);
  expect(imageKindOf(new TextEncoder().encode("RIFF\u0004\0\0\0WAVEfmt "))).toBeNull();
  expect(imageKindOf(new Uint8Array())).toBeNull();
});
