/**
 * Many senders of one upload at once, each at its own pace: pieces of their bodies come in a random order, some break off,
 * some bring a chunk that another is bringing too, or had brought with other bytes, raw or as a form, of equal sizes or any,
 * with or without declared ones. Whatever happened, nothing is refused that did not break off, what is told as received is the
 * source's bytes, and what is missing can be sent.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createRandom, type Random } from "@video-backend/testing";
import { openSourceDirectory } from "../sources/source-directory.ts";
import { chunkInFlight, setup } from "../test-setup.ts";

type Upload = ReturnType<typeof setup>;

/** A chunk as a raw body that a test sends piece by piece. */
function rawInFlight(uploadId: string, index: number, length: number | null) {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const request = new Request(`http://upload.test/upload/${uploadId}/chunks/${index}`, {
    method: "PUT",
    headers: length === null ? {} : { "content-length": String(length) },
    body: body.readable,
  });
  return {
    request,
    begin: async () => {},
    send: (text: string) => writer.write(new TextEncoder().encode(text)),
    finish: () => writer.close(),
    cut: () => writer.abort(new Error("the line broke")),
  };
}

/** One sender: its steps, of which the last ends the body well or not. */
function sender(upload: Upload, id: string, index: number, text: string, random: Random) {
  const isForm = random.chance(0.4);
  const length = random.chance(0.5) ? text.length : null;
  const flight = isForm ? chunkInFlight(id, index) : rawInFlight(id, index, length);
  const half = random.below(text.length + 1);
  const isCut = random.chance(0.25);
  const reply = Promise.resolve(upload.service.fetch(flight.request)).then(async (response) => {
    return { isCut, status: response.status, body: await response.text() };
  });
  // A refused request ends its body; what is sent after that goes nowhere.
  const quietly = (work: () => Promise<unknown>) => () => work().catch(() => undefined);
  const steps = [
    quietly(() => flight.begin()),
    quietly(() => flight.send(text.slice(0, half))),
    ...(isCut ? [] : [quietly(() => flight.send(text.slice(half)))]),
    quietly(() => (isCut ? flight.cut() : flight.finish())),
  ];
  return { steps, reply };
}

/** Runs the steps of all of them, each in its order and otherwise mixed. */
async function runAll(senders: ReturnType<typeof sender>[], random: Random) {
  const pending = [...senders];
  while (pending.length > 0) {
    const at = random.below(pending.length);
    // Not awaited: a body that nobody reads yet holds its writer up.
    void pending[at]?.steps.shift()?.();
    if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
    if (pending[at]?.steps.length === 0) pending.splice(at, 1);
  }
  return await Promise.all(senders.map(({ reply }) => reply));
}

test("concurrent senders in any interleaving: nothing is refused, and the file is the one that was sent", async () => {
  await using upload = setup((directory) => ({ sources: openSourceDirectory(`${directory}/uploads`, "never") }));
  let broken = 0;
  for (let seed = 1; seed <= 250; seed++) {
    const random = createRandom(seed);
    const [total, size, isUnequal] = [1 + random.below(5), 1 + random.below(8), random.chance(0.5)];
    const parts = Array.from({ length: total }, (_, index) =>
      String.fromCharCode(97 + index).repeat(isUnequal || index === total - 1 ? random.below(size + 1) : size),
    );
    const text = parts.join("");
    const declared = {
      ...(random.chance(0.5) ? { file_size: text.length } : {}),
      ...(!isUnequal && random.chance(0.5) ? { chunk_size: size } : {}),
    };
    const hasSizes = Object.keys(declared).length > 0;
    const id = await upload.init(total, declared);
    for (let round = 0; round < 2; round++) {
      const isWrong = round === 0 && random.chance(0.4);
      const senders = Array.from({ length: 2 + random.below(8) }, () => {
        const index = random.below(total);
        const right = parts[index] ?? "";
        const wrong = "X".repeat(hasSizes ? right.length : random.below(9));
        return sender(upload, id, index, isWrong ? wrong : right, random);
      });
      for (const { isCut, status, body } of await runAll(senders, random)) {
        if (status !== 200 || isCut) expect({ seed, isCut, status, body }).toMatchObject({ isCut: true, status: 400 });
        broken += status === 200 ? 0 : 1;
      }
    }
    const { received, missing } = (await upload.send(`GET /upload/${id}`)).body;
    expect([...received, ...missing].sort()).toEqual([...parts.keys()]);
    const rest = [...parts.keys()].sort(() => random.below(3) - 1);
    const replies = await Promise.all(rest.map((index) => upload.chunk(id, index, parts[index] ?? "")));
    for (const { status } of replies) expect({ seed, status }).toEqual({ seed, status: 200 });
    expect({ seed, status: (await upload.complete(id)).status }).toEqual({ seed, status: 200 });
    const kept = readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8");
    expect({ seed, kept }).toEqual({ seed, kept: text });
  }
  expect(broken).toBeGreaterThan(50);
}, 180_000);
