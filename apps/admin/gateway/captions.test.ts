import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";

test("captions are saved, listed, read and deleted through the gateway, in metadata's own words", async () => {
  await using world = createWorld();
  const admin = createTestAdmin(world);
  const send = transcript(admin.service);
  await transcript(admin.metadata)("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
  const saved = await send("PUT /videos/film/captions/DE?label=Deutsch", {
    body: "1\n00:00:01,000 --> 00:00:02,000\nHallo\n",
  });
  expect(saved).toMatchObject({ status: 200, body: { status: "saved", lang: "de", label: "Deutsch" } });
  expect((await send("GET /videos/film/captions")).body.captions).toMatchObject([{ lang: "de", label: "Deutsch" }]);
  const read = await send("GET /videos/film/captions/de");
  expect(read.body).toBe("WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHallo\n");
  expect(read.headers.get("content-type")).toBe("text/vtt");
  expect((await send("PUT /videos/film/captions/de", { body: "no captions" })).status).toBe(422);
  expect((await send("DELETE /videos/film/captions/de")).body).toEqual({ status: "deleted" });
  expect((await send("GET /videos/film/captions/de")).body.detail).toBe("Captions not found");
  expect((await send("GET /videos/nobody/captions")).body.detail).toBe("Video not found");
  expect((await send("GET /videos/film/captions/..%2f..%2fstopped")).status).toBe(400);
  admin.lose("metadata");
  expect(await send("GET /videos/film/captions")).toMatchObject({
    status: 503,
    body: { detail: "Metadata service unavailable: connection refused" },
  });
});
