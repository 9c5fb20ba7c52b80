/**
 * What this service's tests start from: the real metadata service beside it, and a stand-in for transcoding that records
 * what it is asked to start. Either can be away, or say no.
 */
import { createMetadataClient } from "@video-backend/metadata/client";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld, type RequestParts, transcript } from "@video-backend/testing";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { Hono } from "hono";
import { createTestUpload, type TestParts } from "./testing.ts";

/** @param replaced parts of the service to put in place of the real ones, which it is given */
export function setup(replaced?: (directory: string, real: TestParts) => Partial<TestParts>) {
  const world = createWorld();
  const { service: metadata, database: metadataDatabase } = createTestMetadata(world);
  const starts: { upload_id: string; filename: string }[] = [];
  const others = { metadata: "up" as "up" | "away", transcoding: "up" as "up" | "away" | "refuses" };

  const transcoding = new Hono().post("/transcode/start", async (c) => {
    if (others.transcoding === "refuses") {
      const type = "urn:video-backend:problem:not_found";
      return c.json({ type, title: "", status: 404, detail: "Source file not found", request_id: "" }, 404);
    }
    const { upload_id, filename } = await c.req.json();
    starts.push({ upload_id, filename });
    return c.json({ status: "started", upload_id });
  });

  const reach = (name: keyof typeof others, service: { fetch(request: Request): Response | Promise<Response> }) => ({
    baseUrl: `http://${name}.test`,
    retries: 0,
    fetch: (request: Request) => {
      if (others[name] === "away") throw new Error("connection refused");
      return service.fetch(request);
    },
  });

  /** The service over this world's files; once more is the service after a restart. */
  function start() {
    const { service, client, deps } = createTestUpload(world, {
      metadata: createMetadataClient(reach("metadata", metadata)),
      transcoding: createTranscodingClient(reach("transcoding", transcoding)),
      replace: (real) => replaced?.(world.directory, real) ?? {},
    });
    const send = transcript(service);

    async function init(totalChunks: number, more: Record<string, unknown> = {}): Promise<string> {
      const json = { filename: "film.mp4", total_chunks: totalChunks, ...more };
      return (await send("POST /upload/init", { json })).body.upload_id;
    }
    const chunk = (uploadId: string, index: number | string, content: string) =>
      send("POST /upload/chunk", chunkForm(uploadId, index, content));
    const complete = (uploadId: string) => send("POST /upload/complete", { json: { upload_id: uploadId } });
    return { service, client, deps, send, init, chunk, complete };
  }

  return {
    ...start(),
    restart: start,
    world,
    starts,
    others,
    metadataService: metadata,
    metadataDatabase,
    askMetadata: transcript(metadata),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

function chunkForm(uploadId: string, index: number | string, content: string): RequestParts {
  return {
    form: [
      ["upload_id", uploadId],
      ["index", String(index)],
      ["file", new File([content], "blob")],
    ],
  };
}

/**
 * A chunk request whose body a test sends piece by piece.
 *
 * @param fields where they stand: before the file, after it, or the index alone after it
 */
export function chunkInFlight(uploadId: string, index: number, fields: "first" | "last" | "index last" = "first") {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const send = (text: string) => writer.write(new TextEncoder().encode(text));
  const field = (name: string, value: string) =>
    `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const [id, number] = [field("upload_id", uploadId), field("index", String(index))];
  const before = { first: id + number, last: "", "index last": id }[fields];
  const after = { first: "", last: id + number, "index last": number }[fields];
  const head = `${before}--edge\r\ncontent-disposition: form-data; name="file"; filename="blob"\r\n\r\n`;
  const request = new Request("http://upload.test/upload/chunk", {
    method: "POST",
    headers: { "content-type": "multipart/form-data; boundary=edge" },
    body: body.readable,
  });
  return {
    request,
    begin: () => send(head),
    send,
    /** The closing boundary, and the end. */
    async finish() {
      await send(`\r\n${after}--edge--\r\n`);
      await writer.close();
    },
    /** The end, where none should be. */
    cut: () => writer.close(),
  };
}
