import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { brotliDecompressSync } from "node:zlib";
import { createWorld } from "@video-backend/testing";
import { bundleForBrowser } from "./for-browser.ts";
import { serveBundled } from "./index.ts";

/** A page's script that loads another one when it is needed, and its style. */
async function setup() {
  const world = createWorld();
  await writeFile(world.path("later.ts"), `export const words: string = "${"later ".repeat(200)}";`);
  await writeFile(world.path("page.ts"), `import("./later.ts").then(({ words }) => document.write(words));`);
  await writeFile(world.path("page.css"), "body { margin: 0 }");
  const bundle = bundleForBrowser([world.path("page.ts"), world.path("page.css")]);
  return { world, bundle, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a bundle has the entries, and what they load later in files of its own", async () => {
  await using page = await setup();
  const bundle = await page.bundle();
  const kinds = [...bundle.files.keys()].map((name) => name.replace(/-\w{8}\./, "."));
  expect(kinds.sort()).toEqual(["chunk.js", "page.css", "page.js"]);
  const script = bundle.files.get(bundle.nameOf("page.js"));
  const later = [...bundle.files.keys()].find((name) => name.startsWith("chunk"));
  expect(new TextDecoder().decode(script?.bodies.identity)).toContain(`./${later}`);
  expect(() => bundle.nameOf("other.js")).toThrow("The bundle has no other.js; it has ");
});

test("it is made once, and another process makes the same; what changes gets another name", async () => {
  await using page = await setup();
  const [first, second] = await Promise.all([page.bundle(), page.bundle()]);
  expect(second).toBe(first);
  const remake = bundleForBrowser([page.world.path("page.ts"), page.world.path("page.css")]);
  expect([...(await remake()).files.keys()]).toEqual([...first.files.keys()]);
  await writeFile(page.world.path("page.css"), "body { margin: 1px }");
  const changed = await bundleForBrowser([page.world.path("page.ts"), page.world.path("page.css")])();
  expect(changed.nameOf("page.js")).toBe(first.nameOf("page.js"));
  expect(changed.nameOf("page.css")).not.toBe(first.nameOf("page.css"));
});

test("what cannot be bundled is told, and tried again at the next call", async () => {
  await using page = await setup();
  await writeFile(page.world.path("page.ts"), `import "./nowhere.ts";`);
  const error = await page.bundle().then(
    () => null,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AggregateError);
  expect(String(error.errors[0])).toContain("nowhere.ts");
  await writeFile(page.world.path("page.ts"), "document.title = '';");
  expect((await page.bundle()).files.size).toBe(2);
});

test.each([
  ["gzip, deflate, br, zstd", "br"],
  ["gzip;q=1.0, br;q=0", "gzip"],
  ["br;q=0.000, GZIP", "gzip"],
  ["deflate", null],
  ["", null],
])("to Accept-Encoding %j it is sent in the smallest encoding accepted (%j), for ever", async (accepted, encoding) => {
  await using page = await setup();
  const bundle = await page.bundle();
  const later = [...bundle.files.values()].find(({ name }) => name.startsWith("chunk"));
  if (!later) throw new Error("There is no file of its own");
  const ask = (method: string) => new Request("http://page.test", { method, headers: { "accept-encoding": accepted } });
  const answer = serveBundled(ask("GET"), later);
  const body = new Uint8Array(await answer.arrayBuffer());
  expect(answer.headers.get("content-encoding")).toBe(encoding);
  expect(answer.headers.get("content-length")).toBe(String(body.length));
  expect(answer.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(answer.headers.get("vary")).toBe("Accept-Encoding");
  expect(decoded(body, encoding)).toContain("later later");
  expect(serveBundled(ask("HEAD"), later).body).toBeNull();
});

function decoded(body: Uint8Array<ArrayBuffer>, encoding: string | null): string {
  if (encoding === "br") return brotliDecompressSync(body).toString();
  return new TextDecoder().decode(encoding === "gzip" ? Bun.gunzipSync(body) : body);
}
