import { expect, test } from "bun:test";
import { untilHealthy } from "./health.ts";

function serve(answer: () => Response) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  return { address: `http://127.0.0.1:${server.port}`, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("a service that gets healthy is waited for", async () => {
  const answers = [503, 503, 200];
  await using service = serve(() => new Response("", { status: answers.shift() ?? 500 }));
  expect(await untilHealthy(service.address, new AbortController().signal)).toBeNull();
  expect(answers).toEqual([]);
});

test("one that does not is told with its own reason when the time is up", async () => {
  await using service = serve(() => new Response('{"failed":{"database":"locked"}}', { status: 503 }));
  expect(await untilHealthy(service.address, AbortSignal.abort())).toBe(
    'answers 503: {"failed":{"database":"locked"}}',
  );
});

test("one that does not answer is told", async () => {
  const service = serve(() => new Response());
  await service[Symbol.asyncDispose]();
  expect(await untilHealthy(service.address, AbortSignal.abort())).toMatch(/connect/i);
});
