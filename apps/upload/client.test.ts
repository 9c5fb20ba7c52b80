import { expect, test } from "bun:test";
import { parseResponse } from "hono/client";
import { createUploadClient } from "./client.ts";
import { setup } from "./test-setup.ts";

test("the types know the routes", async () => {
  await using upload = setup();
  const { client } = upload;
  const begun = await parseResponse(client.upload.init.$post({ json: { filename: "a.mp4", total_chunks: 2 } }));
  const uploadId: string = begun.upload_id;
  const found = await parseResponse(client.upload[":upload_id"].$get({ param: { upload_id: uploadId } }));
  expect(found.missing).toEqual([0, 1]);
  const never = () => {
    // @ts-expect-error the id is missing
    client.upload[":upload_id"].$delete({ param: {} });
    // @ts-expect-error there is no such route
    client.upload.nowhere.$get();
  };
  expect(never).toBeFunction();
});

test("the error of an unavailable service names it", async () => {
  const client = createUploadClient({
    baseUrl: "http://upload.test",
    retries: 0,
    fetch: () => {
      throw new Error("connection refused");
    },
  });
  const error = await client.api.speedtest.$get().catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "unavailable", message: "Upload service unavailable: connection refused" });
});
