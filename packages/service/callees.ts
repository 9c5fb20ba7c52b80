/**
 * The other services as this process reaches them, each behind a circuit breaker: when one does not answer several times in a
 * row, calls to it fail at once with 503, until it answers again. What it answers does not matter, only that it does: a 503 of its
 * own, for a segment that is not ready, says that it is there.
 *
 * No call is made to find out whether it is back: its `/health/live` is asked by itself every second. So no caller waits for a
 * service that hangs, and the breaker closes though nobody calls.
 */
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import { messageOf, ServiceError } from "./errors.ts";
import type { Log } from "./log.ts";
import { type Metrics, methodLabel } from "./metrics.ts";

type Send = (request: Request) => Response | Promise<Response>;

export const breakerStates = ["closed", "open", "half_open"] as const;
export type BreakerState = (typeof breakerStates)[number];

export interface Callees {
  /**
   * A `fetch` to another service. All that is reached under one name share a breaker.
   *
   * It throws ServiceError `unavailable` when the breaker is open, and else what `send` throws.
   *
   * @param name the callee in a sentence, such as `Metadata service`
   * @param baseUrl where it answers, without a slash at the end
   * @param send carries the requests
   */
  reach(name: string, baseUrl: string, send?: Send): (request: Request) => Promise<Response>;
  /** By callee, such as `metadata`. */
  states(): Record<string, BreakerState>;
}

export interface CalleesOptions {
  metrics: Metrics;
  log: Log;
  /** Between two looks at a service that does not answer; 1 by default. The first one comes at once. */
  probeSeconds?: number;
}

/** Calls in a row that nobody answered: as many as one call makes with its retries. */
const failuresUntilOpen = 3;
const probeTimeoutSeconds = 1;
/** A service that was started again closes the connections that were kept, several at once perhaps: then it is there already. */
const firstProbeSeconds = 0.05;

/** What the caller gave up itself: it says nothing of the callee. */
class GivenUp extends Error {}

export function createCallees({ metrics, log, probeSeconds = 1 }: CalleesOptions): Callees {
  const breakers = new Map<string, ReturnType<typeof createBreaker>>();
  const durations = metrics.histogram({
    name: "http_client_request_duration_seconds",
    help: "Time until another service began its response, by callee, method and status; no status: it did not answer",
    labelNames: ["callee", "http_request_method", "http_response_status_code"],
  });
  const refused = metrics.counter({
    name: "video_breaker_refused_total",
    help: "Calls to another service that were not made because its breaker is open",
    labelNames: ["callee"],
  });
  metrics.read({ name: "video_breaker_state", help: "1 for the state of the breaker of a callee", type: "gauge" }, () =>
    [...breakers].flatMap(([callee, { state }]) =>
      breakerStates.map((one) => ({ labels: { callee, state: one }, value: state() === one ? 1 : 0 })),
    ),
  );

  function createBreaker(name: string, callee: string, baseUrl: string, send: Send) {
    const policy = circuitBreaker(
      handleWhen((error) => !(error instanceof GivenUp)),
      // The probe alone is let through, and it has a pace of its own.
      { halfOpenAfter: 0, breaker: new ConsecutiveBreaker(failuresUntilOpen) },
    );
    let timer: ReturnType<typeof setTimeout> | undefined;
    let openedAt = 0;
    policy.onBreak((reason) => {
      const isFirst = openedAt === 0;
      if (isFirst) {
        openedAt = performance.now();
        log.warn(
          { callee, reason: "error" in reason ? messageOf(reason.error) : "" },
          "does not answer; calls are refused",
        );
      }
      clearTimeout(timer);
      timer = setTimeout(() => void probe(), (isFirst ? firstProbeSeconds : probeSeconds) * 1000);
      timer.unref?.();
    });
    policy.onReset(() => {
      log.info({ callee, seconds: Math.round((performance.now() - openedAt) / 1000) }, "answers again");
      openedAt = 0;
    });

    async function probe(): Promise<void> {
      const signal = AbortSignal.timeout(probeTimeoutSeconds * 1000);
      await policy
        .execute(async () => {
          const response = await send(new Request(`${baseUrl}/health/live`, { signal }));
          await response.body?.cancel();
        })
        // It stays open, and the next probe is set.
        .catch(() => undefined);
    }

    return {
      state: (): BreakerState =>
        policy.state === CircuitState.Closed ? "closed" : policy.state === CircuitState.HalfOpen ? "half_open" : "open",
      async call(request: Request, sendIt: Send): Promise<Response> {
        if (policy.state !== CircuitState.Closed) {
          refused.inc({ callee });
          throw new ServiceError(
            "unavailable",
            `${name} unavailable: it does not answer, and is looked at every second`,
            {
              details: { retry_after: Math.ceil(probeSeconds) },
            },
          );
        }
        const startedAt = performance.now();
        const measure = (status: string) =>
          durations
            .of({ callee, http_request_method: methodLabel(request.method), http_response_status_code: status })
            .observe((performance.now() - startedAt) / 1000);
        try {
          const response = await policy.execute(() => unlessGivenUp(request, sendIt));
          measure(String(response.status));
          return response;
        } catch (error) {
          measure("");
          throw error instanceof GivenUp ? error.cause : error;
        }
      },
    };
  }

  return {
    reach(name, baseUrl, send = fetch) {
      const callee = name.toLowerCase().replace(/ service$/, "");
      const breaker = breakers.get(callee) ?? createBreaker(name, callee, baseUrl, send);
      breakers.set(callee, breaker);
      return (request) => breaker.call(request, send);
    },
    states: () => Object.fromEntries([...breakers].map(([callee, { state }]) => [callee, state()])),
  };
}

/** A deadline that has passed is the callee's doing; any other abort is the caller's. */
async function unlessGivenUp(request: Request, send: Send): Promise<Response> {
  try {
    return await send(request);
  } catch (error) {
    const { aborted, reason } = request.signal;
    const isLate = reason instanceof Error && reason.name === "TimeoutError";
    throw aborted && !isLate ? new GivenUp("given up", { cause: error }) : error;
  }
}
