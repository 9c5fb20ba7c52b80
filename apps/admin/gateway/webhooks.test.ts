import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";

test("webhooks are created, listed, read and deleted through the gateway, in metadata's own words", async () => {
  await using world = createWorld();
  const send = transcript(createTestAdmin(world).service);
  const { status, body, headers } = await send("POST /webhooks", { json: { url: "http://127.0.0.1:9/hook" } });
  expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
  const { secret, ...shown } = body;
  expect(secret).toStartWith("whsec_");
  expect((await send("GET /webhooks")).body).toEqual({ webhooks: [shown] });
  expect((await send("POST /webhooks", { json: { url: "http://10.0.0.1/" } })).body.detail).toContain("REMOTE_ALLOW");
  await send("POST /upload/init", { json: { filename: "film.mp4", total_chunks: 1 } });
  expect((await send(`GET /webhooks/${body.id}/deliveries?state=pending`)).body).toEqual({ deliveries: [] });
  expect((await send(`POST /webhooks/${body.id}/deliveries/evt_none/resend`)).body.detail).toBe("Delivery not found");
  expect((await send("GET /webhooks/..%2fkeys/deliveries")).status).toBe(400);
  expect((await send(`DELETE /webhooks/${body.id}`)).body).toEqual({ status: "deleted" });
  expect((await send(`GET /webhooks/${body.id}/deliveries`)).body.detail).toBe("Webhook not found");
  expect((await send("POST /uploads/expired", { json: {} })).status).toBe(404);
});
