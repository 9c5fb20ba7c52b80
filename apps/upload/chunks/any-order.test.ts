/**
 * What clients in the field do: `filename` and `total_chunks` and nothing else, then all chunks at once as multipart forms,
 * the short last one often first. On real sockets, as curl sends them.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { openSourceDirectory } from "../sources/source-directory.ts";
import { setup } from "../test-setup.ts";

const chunkBytes = 70_000;

/** The bytes of a file, which no two uploads share. */
const contentOf = (upload: number, length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(length).map((_, at) => (at * 31 + upload * 7 + (at >> 8)) % 251);

test("a hundred concurrent uploads of two and three chunks, the last one first: all files are identical to what was sent", async () => {
  await using upload = setup((directory) => ({ sources: openSourceDirectory(`${directory}/uploads`, "never") }));
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => upload.service.fetch(request) });
  upload.world.defer(() => server.stop(true));
  const post = async (path: string, fields: Record<string, string | Blob>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const response = await fetch(`http://127.0.0.1:${server.port}/upload/${path}`, { method: "POST", body });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const send = async (number: number) => {
    const total = 2 + (number % 2);
    const content = contentOf(number, chunkBytes * (total - 1) + 1 + number * 13);
    const begun = await post("init", { filename: "film.mp4", total_chunks: String(total) });
    const id = begun.body.upload_id ?? "";
    const parts = Array.from({ length: total }, (_, index) =>
      content.slice(index * chunkBytes, index === total - 1 ? undefined : (index + 1) * chunkBytes),
    );
    const sent: ReturnType<typeof post>[] = [];
    for (const [index, part] of [...parts.entries()].reverse()) {
      const [file, name] = [new File([part], "blob"), { upload_id: id, index: String(index) }];
      sent.push(post("chunk", number % 5 === 0 ? { file, ...name } : { ...name, file }));
      // Some one after another, the last first; the others all at once.
      if (number % 3 === 0) await sent.at(-1);
    }
    const replies = await Promise.all(sent);
    const completed = await post("complete", { upload_id: id });
    const kept = readFileSync(upload.world.path("originals", id, "film.mp4"));
    return {
      statuses: [begun.status, ...replies.map(({ status }) => status), completed.status],
      isIdentical: Buffer.compare(kept, content) === 0,
    };
  };
  const results = await Promise.all(Array.from({ length: 100 }, (_, number) => send(number)));
  for (const { statuses, isIdentical } of results) {
    expect(statuses.every((status) => status === 200)).toBeTrue();
    expect(isIdentical).toBeTrue();
  }
}, 120_000);
