/**
 * Which encoders work here. Each is proven at start by a real encode; one that fails repeatedly in jobs, where another then
 * makes the same chunk, is out for a while and tried again. The last in the list is never out: there is nobody behind it.
 */
import { type Encoder, type EncoderSettings, proofCommand, type Run } from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from "cockatiel";

export interface EncoderState {
  name: string;
  /** `ready`, `out` after failures in jobs, or `broken` since its proof failed. */
  state: "ready" | "out" | "broken";
  /** ffmpeg's words, where it is not ready. */
  reason: string | null;
}

export interface EncoderPool {
  /** The first that is ready and not among these; the last resort when none is. */
  pick(without: ReadonlySet<string>): Encoder;
  /** A chunk went well with it. */
  praise(name: string): Promise<void>;
  /** A chunk of this video failed with it. The last resort is not out for that: it is asked again. */
  blame(name: string, reason: string, videoId?: string): Promise<void>;
  /**
   * Throws when nothing was encoded any more for several videos in a row: that is not their fault.
   *
   * @throws Error with a sentence and ffmpeg's last words
   */
  check(): void;
  states(): EncoderState[];
}

export interface EncoderPoolOptions {
  /** In the order of preference. */
  encoders: Encoder[];
  /** `auto`, or the name of the only one to use. */
  choice: string;
  run: Run;
  settings: EncoderSettings;
  /** Epoch seconds. */
  now: () => number;
  failuresUntilOut?: number;
  outSeconds?: number;
}

const proofSeconds = 20;
/** A few damaged files may well come one after another. */
const failedVideosUntilBroken = 5;

/** @throws Error with a sentence when the chosen encoder, or every one, is broken */
export async function proveEncoders(options: EncoderPoolOptions): Promise<EncoderPool> {
  const { encoders, choice, run, settings, now, failuresUntilOut = 3, outSeconds = 60 } = options;
  const wanted = choice === "auto" ? encoders : encoders.filter((encoder) => encoder.name === choice);
  const proven = await Promise.all(
    wanted.map(async (encoder) => {
      const broken = await reasonOfFailure(encoder, run, settings);
      const breaker = circuitBreaker(handleAll, {
        breaker: new ConsecutiveBreaker(failuresUntilOut),
        halfOpenAfter: outSeconds * 1000,
      });
      const one = { encoder, broken, breaker, lastReason: "", outUntil: 0 };
      breaker.onBreak(() => {
        one.outUntil = now() + outSeconds;
      });
      return one;
    }),
  );
  const working = proven.filter((one) => one.broken === null);
  const lastResort = working.at(-1);
  if (!lastResort) {
    const reasons = proven.map((one) => `  ${one.encoder.name}: ${one.broken}`).join("\n");
    throw new Error(`No encoder works (ENCODER=${choice}):\n${reasons}`);
  }
  const isOut = (one: (typeof proven)[number]) => one.breaker.state === CircuitState.Open && now() < one.outUntil;
  const find = (name: string) => working.find((one) => one.encoder.name === name);

  /** Videos of which the last resort could not make something, since anything was made. */
  const failedVideos = new Set<string>();

  return {
    pick: (without) => (working.find((one) => !without.has(one.encoder.name) && !isOut(one)) ?? lastResort).encoder,
    async praise(name) {
      failedVideos.clear();
      await find(name)
        ?.breaker.execute(() => undefined)
        .catch(() => undefined);
    },
    async blame(name, reason, videoId) {
      const one = find(name);
      if (!one) return;
      one.lastReason = reason;
      if (one === lastResort) {
        if (videoId !== undefined) failedVideos.add(videoId);
        return;
      }
      await one.breaker.execute(() => Promise.reject(new Error(reason))).catch(() => undefined);
    },
    check() {
      if (failedVideos.size < failedVideosUntilBroken) return;
      throw new Error(
        `Nothing of the last ${failedVideos.size} videos could be encoded by ${lastResort.encoder.name}: ${lastResort.lastReason}`,
      );
    },
    states: () =>
      proven.map((one) => {
        if (one.broken !== null) return { name: one.encoder.name, state: "broken", reason: one.broken };
        return isOut(one)
          ? { name: one.encoder.name, state: "out", reason: one.lastReason }
          : { name: one.encoder.name, state: "ready", reason: null };
      }),
  };
}

async function reasonOfFailure(encoder: Encoder, run: Run, settings: EncoderSettings): Promise<string | null> {
  try {
    const result = await run("ffmpeg", proofCommand(encoder, settings), { timeoutSeconds: proofSeconds });
    if (result.exitCode === 0) return null;
    return result.timedOut ? `no answer within ${proofSeconds} s` : result.errors.split("\n").slice(0, 3).join("; ");
  } catch (error) {
    return messageOf(error);
  }
}
