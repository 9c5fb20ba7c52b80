/**
 * An admin service in front of real metadata, upload and streaming services, all without a socket and over one
 * directory. Transcoding is a stand-in that remembers its jobs and encodes nothing.
 */
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createTestStreaming } from "@video-backend/streaming/testing";
import type { World } from "@video-backend/testing";
import { createTestUpload, type TestUploadOptions } from "@video-backend/upload/testing";
import { createAdminService } from "./service.ts";
import { connectServices, type OtherServices } from "./services/connect-services.ts";
import { createTranscodingStandIn } from "./transcoding-stand-in.ts";

type Answer = (request: Request) => Response | Promise<Response>;
type Name = keyof OtherServices;

/**
 * Closed with the world.
 *
 * @param replaceOfUpload parts of upload to put in place of the real ones
 */
export function createTestAdmin(world: World, replaceOfUpload?: TestUploadOptions["replace"]) {
  const asked: string[] = [];
  const answers: Partial<Record<Name, Answer>> = {};
  const services = connectServices(
    {
      upload: "http://upload.test",
      transcoding: "http://transcoding.test",
      metadata: "http://metadata.test",
      streaming: "http://streaming.test",
    },
    { retries: 0, fetch: reach },
  );
  async function reach(request: Request): Promise<Response> {
    const { hostname, pathname } = new URL(request.url);
    const name = hostname.replace(".test", "") as Name;
    asked.push(`${name}: ${request.method} ${pathname}`);
    const answer = answers[name];
    if (!answer) throw new Error("connection refused");
    return answer(request);
  }

  const metadata = createTestMetadata(world);
  const streaming = createTestStreaming(world, services.metadata.client);
  const { store } = streaming;
  const transcoding = createTranscodingStandIn(store);
  const upload = createTestUpload(world, {
    metadata: services.metadata.client,
    transcoding: services.transcoding.client,
    deps: { store },
    ...(replaceOfUpload && { replace: replaceOfUpload }),
  });
  const real: Record<Name, Answer> = {
    upload: (request) => upload.service.fetch(request, { clientAddress: () => "127.0.0.1" }),
    transcoding: (request) => transcoding.service.fetch(request),
    metadata: (request) => metadata.service.fetch(request),
    streaming: (request) => streaming.service.fetch(request),
  };
  Object.assign(answers, real);

  return {
    service: createAdminService({ store, services, log: world.log }),
    store,
    services,
    /** To prepare and look at videos behind admin's back. */
    metadata: metadata.service,
    jobs: transcoding.jobs,
    /** Every request that was sent to one of the others, in order. */
    asked,
    /** From now on nobody answers there. */
    lose: (name: Name) => void delete answers[name],
    /** It answers again, as itself or in these words. */
    bringBack: (name: Name, answer: Answer = real[name]) => {
      answers[name] = answer;
    },
  };
}
