/**
 * The four other services as admin sees them: each with its typed client for questions, and with its plain address for
 * bodies that only pass through. A test hands in a `fetch` of its own, and no socket is opened.
 */
import { createMetadataClient, type MetadataClient } from "@video-backend/metadata/client";
import type { Callees, ClientOptions } from "@video-backend/service";
import { createStreamingClient, type StreamingClient } from "@video-backend/streaming/client";
import { createTranscodingClient, type TranscodingClient } from "@video-backend/transcoding/client";
import { createUploadClient, type UploadClient } from "@video-backend/upload/client";

/** One of the others. */
export interface OtherService<Client = unknown> {
  /** In a sentence, such as `Upload service`. */
  name: string;
  /** Without a slash at the end. */
  url: string;
  client: Client;
  /** One try, no deadline but the request's own. */
  fetch: (request: Request) => Response | Promise<Response>;
  /** The same past the breaker: for a look at whether it is there. */
  look: (request: Request) => Response | Promise<Response>;
}

export interface OtherServices {
  upload: OtherService<UploadClient>;
  transcoding: OtherService<TranscodingClient>;
  metadata: OtherService<MetadataClient>;
  streaming: OtherService<StreamingClient>;
}

export interface ConnectOptions extends Omit<ClientOptions, "name" | "baseUrl"> {
  /** What carries the questions that admin asks in its own name, where that is something else than what passes requests on. */
  call?: ClientOptions["fetch"];
  /** Their breakers; without them every request is sent. */
  callees?: Pick<Callees, "reach">;
}

/** @param urls where each of them answers, without a slash at the end */
export function connectServices(
  urls: Record<keyof OtherServices, string>,
  { call, callees, ...options }: ConnectOptions = {},
): OtherServices {
  function connect<Client>(name: string, url: string, create: (options: Omit<ClientOptions, "name">) => Client) {
    const pass = options.fetch ?? fetch;
    const guarded = (send: NonNullable<ClientOptions["fetch"]>) => callees?.reach(name, url, send) ?? send;
    return {
      name,
      url,
      client: create({ ...options, fetch: guarded(call ?? pass), baseUrl: url }),
      fetch: guarded(pass),
      look: pass,
    };
  }
  return {
    upload: connect("Upload service", urls.upload, createUploadClient),
    transcoding: connect("Transcoding service", urls.transcoding, createTranscodingClient),
    metadata: connect("Metadata service", urls.metadata, createMetadataClient),
    streaming: connect("Streaming service", urls.streaming, createStreamingClient),
  };
}
