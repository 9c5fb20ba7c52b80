/** A streaming service over a directory of a test's own, and a client that reaches it without a socket. */

import { connect } from "node:net";
import type { Bundle } from "@video-backend/bundle";
import type { MetadataClient } from "@video-backend/metadata/client";
import { testPlaybackKeys } from "@video-backend/metadata/testing";
import { ServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { createDirectoryStore } from "@video-backend/storage/directory";
import type { World } from "@video-backend/testing";
import { createPrivateVideos } from "./access/private-videos.ts";
import { createStreamingClient } from "./client.ts";
import type { Demands } from "./demands/demands.ts";
import type { AccessDeps, StreamingOptions } from "./deps.ts";
import { createStreamingService } from "./service.ts";

/** Where nobody makes anything: every demand is refused, as for a video that transcoding does not know. */
export const noDemands: Demands = {
  wait: () => Promise.reject(new ServiceError("not_found", "Segment not found")),
  restore: () => Promise.reject(new ServiceError("not_found", "File not found")),
};

/** Private as metadata's test setup marks it, and by tokens that it signs. */
export const testAccess = ({ clock }: World, store: BlobStore): AccessDeps => ({
  privateVideos: createPrivateVideos(store, clock.now),
  playbackKeys: testPlaybackKeys,
  privateCaching: "viewer",
  now: clock.now,
});
/** Without the page's script and style, which only a browser has a use for. */
export const noPages = {
  bundle: async (): Promise<Bundle> => ({ files: new Map(), nameOf: (entry) => entry }),
  publicUrl: null,
};

/** What a service in a test is made of, where the test does not say otherwise. */
export function testOptions(
  world: World,
  parts: Pick<StreamingOptions, "store" | "metadata"> & Partial<StreamingOptions>,
): StreamingOptions {
  return { ...testAccess(world, parts.store), ...noPages, demands: noDemands, log: world.log, ...parts };
}

/** The store is the world's `storage` directory unless another is given. */
export function createTestStreaming(
  world: World,
  metadata: MetadataClient,
  demands: Demands = noDemands,
  directory = world.path("storage"),
) {
  const store = createDirectoryStore(directory);
  const deps = testOptions(world, { store, metadata, demands });
  const service = createStreamingService(deps);
  const client = createStreamingClient({
    baseUrl: "http://streaming.test",
    fetch: (request) => service.fetch(request),
  });
  return { service, client, store, deps };
}

export interface RawReply {
  status: number;
  headers: Headers;
  body: Buffer;
}

/** One request, written as it stands: `fetch` would tidy the path. Characters above U+00FF do not fit on the wire. */
export async function rawExchange(port: number, line: string, headers: Record<string, string> = {}): Promise<RawReply> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const received: Buffer[] = [];
  const socket = connect(port, "127.0.0.1", () => {
    const fields = Object.entries({ host: "service.test", connection: "close", ...headers });
    const text = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`${line} HTTP/1.1\r\n${text}\r\n`, "latin1");
  });
  socket.on("data", (data: Buffer) => received.push(data));
  socket.on("end", () => resolve(Buffer.concat(received)));
  socket.on("error", reject);
  const all = await promise.finally(() => socket.destroy());
  const end = all.indexOf("\r\n\r\n");
  const [first = "", ...fields] = all.subarray(0, end).toString().split("\r\n");
  const named = fields.map((field): [string, string] => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(" ")[1]), headers: new Headers(named), body: all.subarray(end + 4) };
}
