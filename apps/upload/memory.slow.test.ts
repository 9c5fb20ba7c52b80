import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createWorld } from "@video-backend/testing";
import { runService } from "./test-process.ts";

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

/** A file of so many MiB by tus, in the request that creates it. */
function sendByTus(url: string, mebibytes: number): Promise<Response> {
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (sent++ < mebibytes ? controller.enqueue(mebibyte) : controller.close()),
  });
  const headers = {
    "tus-resumable": "1.0.0",
    "upload-length": String(mebibytes * mebibyte.length),
    "upload-metadata": `filename ${btoa("film.mp4")}`,
    "content-type": "application/offset+octet-stream",
  };
  return fetch(`${url}/files`, { method: "POST", headers, body });
}

const linux = process.platform === "linux";

test.if(linux)(
  "eight chunks of 64 MiB at once, and then 256 MiB by tus in one request, take less than 200 MB of memory",
  async () => {
    await using world = createWorld();
    const { url, pid } = await runService(world);
    const post = (path: string, json: unknown) =>
      fetch(url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(json),
      });
    const begun = await post("/upload/init", { filename: "film.mp4", total_chunks: 8, file_size: 8 * 64 * 1024 ** 2 });
    const { upload_id } = (await begun.json()) as { upload_id: string };
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        fetch(`${url}/upload/chunk`, {
          method: "POST",
          headers: { "content-type": "multipart/form-data; boundary=edge" },
          body: chunkForm(upload_id, index, 64),
        }),
      ),
    );
    expect(replies.map((reply) => reply.status)).toEqual(Array(8).fill(200));
    expect(await (await post("/upload/complete", { upload_id })).json()).toEqual({ hash: upload_id });
    expect((await sendByTus(url, 256)).headers.get("upload-offset")).toBe(String(256 * mebibyte.length));

    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const peakKilobytes = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]);
    expect(peakKilobytes).toBeGreaterThan(0);
    expect(peakKilobytes * 1024).toBeLessThan(200_000_000);
  },
  60_000,
);
