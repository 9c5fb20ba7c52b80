import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createWorld, until } from "@video-backend/testing";

const mebibyte = new Uint8Array(1024 * 1024).fill(7);

/** A chunk form of so many MiB that nobody holds as a whole, the sender included. */
function chunkForm(uploadId: string, index: number, mebibytes: number): ReadableStream<Uint8Array> {
  const field = (name: string, value: string) =>
    `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const head = `${field("upload_id", uploadId)}${field("index", String(index))}--edge\r\ncontent-disposition: form-data; name="file"; filename="blob"\r\n\r\n`;
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(head)),
    pull(controller) {
      if (sent++ < mebibytes) return controller.enqueue(mebibyte);
      controller.enqueue(new TextEncoder().encode("\r\n--edge--\r\n"));
      controller.close();
    },
  });
}

function freePort(): number {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  return server.port ?? 0;
}

const linux = process.platform === "linux";

test.if(linux)(
  "eight chunks of 64 MiB at once, and putting them together, take less than 200 MB of memory",
  async () => {
    await using world = createWorld();
    const address = `http://127.0.0.1:${freePort()}`;
    const nobody = `http://127.0.0.1:${freePort()}`;
    const service = Bun.spawn([process.execPath, join(import.meta.dirname, "main.ts")], {
      env: {
        ...process.env,
        UPLOAD_PORT: new URL(address).port,
        STORAGE_DIR: world.directory,
        LOG_LEVEL: "silent",
        METADATA_URL: nobody,
        TRANSCODING_URL: nobody,
      },
      stdio: ["ignore", "ignore", "inherit"],
    });
    world.defer(async () => {
      service.kill();
      await service.exited;
    });
    await until("the service answers", () =>
      fetch(`${address}/health`).then(
        (response) => response.ok,
        () => false,
      ),
    );

    const post = (path: string, json: unknown) =>
      fetch(address + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(json),
      });
    const begun = await post("/upload/init", { filename: "film.mp4", total_chunks: 8, file_size: 8 * 64 * 1024 ** 2 });
    const { upload_id } = (await begun.json()) as { upload_id: string };
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        fetch(`${address}/upload/chunk`, {
          method: "POST",
          headers: { "content-type": "multipart/form-data; boundary=edge" },
          body: chunkForm(upload_id, index, 64),
        }),
      ),
    );
    expect(replies.map((reply) => reply.status)).toEqual(Array(8).fill(200));
    expect(await (await post("/upload/complete", { upload_id })).json()).toEqual({ hash: upload_id });

    const status = readFileSync(`/proc/${service.pid}/status`, "utf8");
    const peakKilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
    expect(peakKilobytes).toBeGreaterThan(0);
    expect(peakKilobytes * 1024).toBeLessThan(200_000_000);
  },
  60_000,
);
