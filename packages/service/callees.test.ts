import { expect, test } from "bun:test";
import { createCallees } from "./callees.ts";
import { createServiceFetch } from "./client.ts";
import { isServiceError, ServiceError } from "./errors.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { problemResponse } from "./problem.ts";

type Answer = (request: Request) => Response | Promise<Response>;

const refuse: Answer = () => {
  throw new Error("connection refused");
};
const hang: Answer = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

/** A service that answers as the test says, behind a breaker that is looked at often. */
function setup(answer: Answer) {
  const asked: string[] = [];
  const state = { answer };
  const metrics = createMetrics();
  const callees = createCallees({ metrics, log: createLog("test", "silent"), probeSeconds: 0.02 });
  const reach = callees.reach("Film service", "http://film.test", async (request) => {
    asked.push(new URL(request.url).pathname);
    return state.answer(request);
  });
  const call = (signal?: AbortSignal) => reach(new Request("http://film.test/films", signal ? { signal } : {}));
  const calls = () => asked.filter((path) => path === "/films").length;
  const breaker = () => callees.states().film;
  async function until(wanted: string): Promise<void> {
    while (breaker() !== wanted) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return { state, callees, reach, call, calls, breaker, until, metrics };
}

/** Three calls in a row that nobody answers. */
async function open({ call }: ReturnType<typeof setup>): Promise<void> {
  for (let times = 0; times < 3; times++) await call().catch(() => undefined);
}

test("after three calls in a row that nobody answers, calls are refused at once, and are not made", async () => {
  const film = setup(refuse);
  await open(film);
  expect(film.breaker()).not.toBe("closed");
  const refusal = await film.call().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ServiceError);
  expect(refusal).toMatchObject({ code: "unavailable", details: { retry_after: 1 } });
  expect((refusal as Error).message).toStartWith("Film service unavailable: ");
  expect(problemResponse(refusal as ServiceError, "1").headers.get("retry-after")).toBe("1");
  expect(film.calls()).toBe(3);
});

test("when the service answers again the breaker closes by itself, though nobody calls", async () => {
  const film = setup(refuse);
  await open(film);
  film.state.answer = () => new Response("there");
  await film.until("closed");
  expect(film.calls()).toBe(3);
  expect(await (await film.call()).text()).toBe("there");
});

test("a service that hangs makes nobody wait while its breaker is open", async () => {
  const film = setup(hang);
  for (let times = 0; times < 3; times++) await film.call(AbortSignal.timeout(5)).catch(() => undefined);
  await film.until("half_open");
  const before = performance.now();
  expect(await film.call().catch(isServiceError)).toBe(true);
  expect(performance.now() - before).toBeLessThan(100);
});

test("any answer says that the service is there, and so does what a caller gives up say nothing", async () => {
  const film = setup(() => problemResponse(new ServiceError("unavailable", "Not ready yet"), "1"));
  for (let times = 0; times < 10; times++) expect((await film.call()).status).toBe(503);
  film.state.answer = hang;
  for (let times = 0; times < 10; times++) {
    const leaving = new AbortController();
    const called = film.call(leaving.signal).catch((error: Error) => error.message);
    leaving.abort(new Error("The viewer left"));
    expect(await called).toBe("The viewer left");
  }
  expect(film.breaker()).toBe("closed");
});

test("a client's retries end with its breaker, and one that was opened by them is tried again in the same call", async () => {
  const film = setup(refuse);
  const send = createServiceFetch({ baseUrl: "http://film.test", name: "Film service", fetch: film.reach });
  const message = (error: Error) => error.message;
  expect(await send("http://film.test/films").catch(message)).toStartWith("Film service unavailable: ");
  expect([film.calls(), film.breaker() === "closed"]).toEqual([3, false]);
  expect(await send("http://film.test/films").catch(message)).toStartWith("Film service unavailable: ");
  expect(film.calls()).toBe(3);
  film.state.answer = () => new Response("there");
  await film.until("closed");
  // Several connections that were kept, closed by a restart: the breaker opens and closes, the calls are answered.
  let cut = 3;
  film.state.answer = (request) =>
    request.url.endsWith("/films") && cut-- > 0 ? refuse(request) : new Response("there");
  const all = await Promise.all([1, 2, 3].map(async () => (await send("http://film.test/films")).text()));
  expect(all).toEqual(["there", "there", "there"]);
});

test("calls are measured by callee and status, refusals are counted, and the state is told", async () => {
  const film = setup(() => new Response("there"));
  await film.call();
  film.state.answer = refuse;
  await open(film);
  await film.call().catch(() => undefined);
  const text = await film.metrics.text();
  const count = "http_client_request_duration_seconds_count";
  const labels = (status: string) => `{callee="film",http_request_method="GET",http_response_status_code="${status}"}`;
  expect(text).toContain(`${count}${labels("200")} 1\n`);
  expect(text).toContain(`${count}${labels("")} 3\n`);
  expect(text).toContain('video_breaker_refused_total{callee="film"} 1\n');
  expect(text).toContain('video_breaker_state{callee="film",state="closed"} 0\n');
});
