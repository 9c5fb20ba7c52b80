import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { parseResponse } from "hono/client";
import { createAdminClient } from "./client.ts";
import { createTestAdmin } from "./testing.ts";

test("the types know the routes", async () => {
  await using world = createWorld();
  const { service } = createTestAdmin(world);
  const client = createAdminClient({ baseUrl: "http://admin.test", fetch: (request) => service.fetch(request) });
  const state = await parseResponse(client.admin.videos[":video_id"].status.$get({ param: { video_id: "a" } }));
  const files: { originals: boolean } = state.files;
  expect(files.originals).toBe(false);
  const never = () => {
    // @ts-expect-error the id is missing
    client.admin.videos[":video_id"].$delete({ param: {} });
    // @ts-expect-error there is no such route
    client.nowhere.$get();
  };
  expect(never).toBeFunction();
});
