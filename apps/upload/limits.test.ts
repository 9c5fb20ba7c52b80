import { expect, test } from "bun:test";
import { rateLimitsOf } from "@video-backend/service";
import { UploadConfig } from "./config.ts";
import { createUploadService } from "./service.ts";
import { setup } from "./test-setup.ts";

test("clients that start 50 uploads, send 1000 chunks at once and ask for their state again and again meet no limit", async () => {
  await using upload = setup();
  const rateLimits = rateLimitsOf(UploadConfig.parse({}));
  const service = createUploadService({ ...upload.deps, rateLimits });
  const send = (method: string, path: string, body?: FormData) =>
    service.fetch(new Request(`http://upload.test${path}`, { method, ...(body && { body }) }), {
      clientAddress: () => "192.0.2.1",
    });
  const form = (fields: Record<string, string | File>) => {
    const made = new FormData();
    for (const [name, value] of Object.entries(fields)) made.append(name, value);
    return made;
  };
  const begun = await Promise.all(
    Array.from({ length: 50 }, () =>
      send("POST", "/upload/init", form({ filename: "film.mp4", total_chunks: "20", chunk_size: "1" })),
    ),
  );
  const ids = await Promise.all(
    begun.map(async (answer) => ((await answer.json()) as { upload_id: string }).upload_id),
  );
  expect(begun[0]?.headers.get("ratelimit-policy")).toBe('"default";q=12000;w=60');
  const chunks = ids.flatMap((upload_id) =>
    Array.from({ length: 20 }, (_, index) =>
      send("POST", "/upload/chunk", form({ upload_id, index: String(index), file: new File(["x"], "blob") })),
    ),
  );
  const polls = Array.from({ length: 2000 }, (_, index) => send("GET", `/upload/${ids[index % 50]}`));
  const answers = await Promise.all([...chunks, ...polls]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(answers[0]?.headers.has("ratelimit")).toBe(false);
});
