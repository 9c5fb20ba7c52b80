/** The name of an original, through all services that handle it: what is taken at init is served for ever. */
import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";

const taken = [
  ...[
    ".hidden.mp4",
    "..two.mp4",
    "a..b.mp4",
    "con.mp4",
    " a b .mp4",
    "-i.mp4",
    "~.mp4",
    "夏休み.MP4",
    "👩‍👩‍👧 e\u0301.mp4",
  ],
  ...[
    "a'b\"c.mp4",
    "100%.mp4",
    "%2e%2e%2f.mp4",
    "%d.mp4",
    "a#b?c&d=e.mp4",
    "a:b*c|d<e>.mp4",
    "a;b,c.mp4",
    "\u2028.mp4",
  ],
  ...["a.mp4.mp4", `${"x".repeat(251)}.mp4`, `${"界".repeat(251)}.mp4`, `.${"👩".repeat(125)}.mp4`],
];

test.each(taken)("%p is taken, handed over and served, also as a download", async (filename) => {
  await using world = createWorld();
  const admin = createTestAdmin(world);
  const send = transcript(admin.service);
  const { upload_id } = (await send("POST /upload/init", { json: { filename, total_chunks: 1 } })).body;
  await send("POST /upload/chunk", { form: { upload_id, index: "0", file: new File(["bytes"], "blob") } });
  expect((await send("POST /upload/complete", { json: { upload_id } })).status).toBe(200);
  const video = (await send(`GET /videos/${upload_id}`)).body;
  // A name that is too long for the disk is the title, and what is served has a shorter one.
  expect([video.filename, video.title]).toContain(filename);
  const original = await send(`GET /video/${upload_id}/original?download=1`);
  expect(original).toMatchObject({ status: 200, body: "bytes" });
  const disposition = original.headers.get("content-disposition") ?? "";
  const [, encoded] = /filename\*=UTF-8''([^;]+)/.exec(disposition) ?? [];
  const [, quoted] = /filename="((?:[^"\\]|\\.)*)"/.exec(disposition) ?? [];
  const [, token] = /filename=([^";\s]+)/.exec(disposition) ?? [];
  const told = encoded ? decodeURIComponent(encoded) : (quoted?.replace(/\\(.)/g, "$1") ?? token);
  expect(told).toBe(video.filename);
});

test.each([
  ...[
    "",
    ".mp4",
    "..mp4",
    "...mp4",
    "../a.mp4",
    "a/b.mp4",
    "a\\b.mp4",
    "a\nb.mp4",
    "a\u0000.mp4",
    "a\u0085.mp4",
    "a\ud800.mp4",
  ],
  ...["a.mp4.", "a.mp4 ", "a.", "..", ".hidden", "mp4", `${"x".repeat(252)}.mp4`],
])("%p is refused at init, with a sentence", async (filename) => {
  await using world = createWorld();
  const reply = await transcript(createTestAdmin(world).service)("POST /upload/init", {
    json: { filename, total_chunks: 1 },
  });
  expect([400, 422]).toContain(reply.status);
  expect(reply.body.detail).toBeString();
});
