import { describe, expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestMetadata } from "../testing.ts";
import { maxCaptionsBytes } from "./normalise-captions.ts";

const subrip = "1\n00:00:01,000 --> 00:00:02,000\nHello\n";
const webvtt = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n";

/** A metadata service with the video `a`. */
async function setup() {
  const world = createWorld();
  const { service } = createTestMetadata(world);
  const send = transcript(service);
  await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
  return { world, send, service, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe("captions", () => {
  test("are saved as WebVTT, listed, read and deleted", async () => {
    await using metadata = await setup();
    const { send } = metadata;
    expect((await send("GET /videos/a/captions")).body).toEqual({ captions: [] });
    const english = { lang: "en", label: "English (CC)", bytes: webvtt.length, updated_at: 1_800_000_000 };
    expect(await send("PUT /videos/a/captions/EN?label=English%20(CC)", { body: subrip })).toMatchObject({
      status: 200,
      body: { status: "saved", ...english },
    });
    await send("PUT /videos/a/captions/pt-br", { body: webvtt, headers: { "content-type": "text/vtt" } });
    const portuguese = { ...english, lang: "pt-BR", label: null };
    expect((await send("GET /videos/a/captions")).body).toEqual({ captions: [english, portuguese] });
    expect((await send("GET /captions")).body.captions).toEqual([
      { hash: "a", ...english },
      { hash: "a", ...portuguese },
    ]);
    const read = await send("GET /videos/a/captions/eng");
    expect(read).toMatchObject({ status: 200, body: webvtt });
    expect(read.headers.get("content-type")).toBe("text/vtt");
    expect((await send("DELETE /videos/a/captions/en")).body).toEqual({ status: "deleted" });
    expect(await send("GET /videos/a/captions/en")).toMatchObject({
      status: 404,
      body: { detail: "Captions not found" },
    });
    expect((await send("GET /videos/a/captions")).body).toEqual({ captions: [portuguese] });
  });

  test.each(["application/x-subrip", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"])(
    "are what their content is, when they are sent as %s too",
    async (type) => {
      await using metadata = await setup();
      const { send } = metadata;
      const reply = await send("PUT /videos/a/captions/en", { body: subrip, headers: { "content-type": type } });
      expect(reply.status).toBe(200);
    },
  );

  test("saved anew are another version, at the same moment too; saved again as they are, nothing happened", async () => {
    await using metadata = await setup();
    const { send } = metadata;
    const save = async (body: string) => (await send("PUT /videos/a/captions/en", { body })).body.updated_at;
    const first = await save(subrip);
    expect(await save(subrip)).toBe(first);
    expect(await save(webvtt)).toBe(first);
    expect(await save(subrip.replace("Hello", "Bye"))).toBeGreaterThan(first);
  });

  test("go with their video", async () => {
    await using metadata = await setup();
    const { send } = metadata;
    await send("PUT /videos/a/captions/en", { body: subrip });
    await send("DELETE /videos/a");
    expect((await send("GET /captions")).body).toEqual({ captions: [] });
    await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
    expect((await send("GET /videos/a/captions")).body).toEqual({ captions: [] });
  });

  test("of an unknown video are 404 Video not found", async () => {
    await using metadata = await setup();
    for (const line of [
      "GET /videos/b/captions",
      "GET /videos/b/captions/en",
      "PUT /videos/b/captions/en",
      "DELETE /videos/b/captions/en",
    ]) {
      const body = line.startsWith("PUT") ? { body: subrip } : {};
      expect(await metadata.send(line, body)).toMatchObject({ status: 404, body: { detail: "Video not found" } });
    }
  });

  test("that cannot be understood are refused with the line", async () => {
    await using metadata = await setup();
    const reply = await metadata.send("PUT /videos/a/captions/en", { body: `${subrip}\nwhat?\n` });
    expect(reply).toMatchObject({ status: 422, body: { line: 5 } });
    expect(reply.body.detail).toStartWith('Line 5 cannot be understood: "what?" is where the times');
    expect((await metadata.send("PUT /videos/a/captions/en")).status).toBe(422);
  });

  test("of more than 2 MiB are refused with the limit, whether they say their length or not", async () => {
    await using metadata = await setup();
    const large = "x".repeat(maxCaptionsBytes + 1);
    const said = await metadata.send("PUT /videos/a/captions/en", {
      body: large,
      headers: { "content-length": String(large.length) },
    });
    const unsaid = await metadata.send("PUT /videos/a/captions/en", { body: new Blob([large]).stream() });
    for (const reply of [said, unsaid]) {
      expect(reply).toMatchObject({ status: 413, body: { detail: "At most 2097152 bytes are accepted" } });
    }
  });

  test.each(["en_US", "..%2fen", "e", "x".repeat(40), "en%00"])("in no language are refused: %s", async (lang) => {
    await using metadata = await setup();
    for (const method of ["GET", "DELETE"]) {
      const reply = await metadata.send(`${method} /videos/a/captions/${lang}`);
      expect(reply).toMatchObject({ status: 400, body: { detail: "Invalid path" } });
    }
  });
});

test("the feed tells the captions as they are now", async () => {
  await using metadata = await setup();
  await metadata.send("PUT /videos/a/captions/en", { body: subrip });
  const headers = { "last-event-id": "1" };
  const response = await metadata.service.request("/videos/events", { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
  let text = "";
  while (reader && !text.includes("captions.changed")) text += (await reader.read()).value ?? "";
  await reader?.cancel();
  expect(text).toContain("event: captions.changed");
  expect(text).toContain('"hash":"a","captions":[{"lang":"en","label":null');
});
