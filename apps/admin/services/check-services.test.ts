import { expect, test } from "bun:test";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld } from "@video-backend/testing";
import { checkServices } from "./check-services.ts";
import { connectServices } from "./connect-services.ts";

const urls = {
  upload: "http://upload.test",
  transcoding: "http://transcoding.test",
  metadata: "http://metadata.test",
  streaming: "http://streaming.test",
};

test("a connection that is cut once, or an answer that takes two seconds, is no service that is away", async () => {
  await using world = createWorld();
  let cuts = 1;
  const fetch = async ({ url }: Request) => {
    if (url.startsWith(urls.upload) && cuts-- > 0) throw new Error("The socket connection was closed unexpectedly");
    if (url.startsWith(urls.transcoding)) await new Promise((resolve) => setTimeout(resolve, 2100));
    return Response.json({ status: "healthy" });
  };
  const services = connectServices(urls, { fetch });
  const { overall } = await checkServices({ services, store: createDirectoryStore(world.directory), log: world.log });
  expect(overall).toBe("healthy");
});

test("whom a service does not reach is told, where it says so", async () => {
  await using world = createWorld();
  const fetch = ({ url }: Request) => {
    if (url === `${urls.upload}/health/ready`) {
      return Response.json({ status: "ready", callees: { metadata: "open", transcoding: "closed" } });
    }
    return url.endsWith("/health/ready") ? new Response(null, { status: 404 }) : Response.json({ status: "healthy" });
  };
  const services = connectServices(urls, { fetch });
  const { services: states } = await checkServices({
    services,
    store: createDirectoryStore(world.directory),
    log: world.log,
  });
  expect(states.upload_service).toMatchObject({
    status: "healthy",
    callees: { metadata: "open", transcoding: "closed" },
  });
  expect(states.metadata_service).not.toHaveProperty("callees");
});

test("a service that accepts and never answers is told as away within a few seconds, and the others as they are", async () => {
  await using world = createWorld();
  const fetch = ({ url, signal }: Request) =>
    url.startsWith(urls.metadata)
      ? new Promise<Response>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      : Response.json({ status: "healthy" });
  const services = connectServices(urls, { fetch });
  const { services: states } = await checkServices({
    services,
    store: createDirectoryStore(world.directory),
    log: world.log,
  });
  expect(states.metadata_service.status).toBe("unavailable");
  expect(states.transcoding_service.status).toBe("healthy");
}, 10_000);
