import { expect, test } from "bun:test";
import { ServiceError } from "@video-backend/service";
import { createWorld } from "@video-backend/testing";
import { parseResponse } from "hono/client";
import { createMetadataClient } from "./client.ts";
import { createTestMetadata } from "./testing.ts";

function setup() {
  const world = createWorld();
  const { client } = createTestMetadata(world);
  return { client, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("an error keeps its code and sentence across the call", async () => {
  await using metadata = setup();
  const call = parseResponse(metadata.client.videos[":hash"].$get({ param: { hash: "nobody" } }));
  const error = await call.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ServiceError);
  expect(error).toMatchObject({ code: "not_found", message: "Video not found" });
});

test("a service that is away is `unavailable`, after the retries", async () => {
  let tries = 0;
  const client = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 1,
    fetch: () => {
      tries++;
      throw new Error("connection refused");
    },
  });
  const error = await client.videos.$get({ query: {} }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "unavailable", message: "Metadata service unavailable: connection refused" });
  expect(tries).toBe(2);
});

test("the types know the routes", async () => {
  await using metadata = setup();
  const { client } = metadata;
  const created = await parseResponse(client.videos.$post({ json: { hash: "a", filename: "a.mp4" } }));
  const id: number = created.id;
  expect(id).toBe(1);
  const never = () => {
    // @ts-expect-error the hash is missing
    client.videos[":hash"].$get({ param: {} });
    // @ts-expect-error there is no such route
    client.nowhere.$get();
  };
  expect(never).toBeFunction();
});
