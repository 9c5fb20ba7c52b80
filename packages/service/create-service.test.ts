import { expect, test } from "bun:test";
import { createService } from "./create-service.ts";
import { ServiceError } from "./errors.ts";
import { createLog } from "./log.ts";
import { createRouter } from "./router.ts";

const about = {
  name: "test_service",
  title: "Test",
  description: "Test",
  log: createLog("test", "silent"),
  checks: {},
};

test("middleware runs around every route in its order, and what it throws is told as a problem", async () => {
  const order: string[] = [];
  const routes = createRouter();
  routes.get("/inside", (c) => c.text(order.join(" ")));
  const service = createService(
    {
      ...about,
      middleware: [
        async (_c, next) => {
          order.push("first");
          await next();
        },
        async (c, next) => {
          order.push("second");
          if (c.req.query("refuse")) throw new ServiceError("too_large", "Not that much");
          await next();
        },
      ],
    },
    routes,
  );
  expect(await (await service.fetch(new Request("http://service.test/inside"))).text()).toBe("first second");
  const refused = await service.fetch(new Request("http://service.test/inside?refuse=1"));
  expect(refused.status).toBe(413);
  expect(await refused.json()).toMatchObject({ detail: "Not that much", request_id: expect.any(String) });
});

test("what nobody expected shows none of its insides", async () => {
  const routes = createRouter();
  routes.get("/broken", () => {
    throw new Error("password=secret");
  });
  const response = await createService(about, routes).fetch(new Request("http://service.test/broken"));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
});
