import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld } from "@video-backend/testing";
import { parseResponse } from "hono/client";
import { createTestStreaming } from "./testing.ts";

test("the types know the routes", async () => {
  await using world = createWorld();
  const { client, store } = createTestStreaming(world, createTestMetadata(world).client);
  await store.put("hls/a/master.m3u8", "#EXTM3U\n");
  const qualities = await parseResponse(client.stream[":id"].qualities.$get({ param: { id: "a" } }));
  const available: string[] = qualities.available;
  expect(available).toEqual([]);
  const never = () => {
    // @ts-expect-error the id is missing
    client.stream[":id"].qualities.$get({ param: {} });
    // @ts-expect-error there is no such route
    client.nowhere.$get();
  };
  expect(never).toBeFunction();
});
