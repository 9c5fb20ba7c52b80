/**
 * Which encoders work on this machine. Each is proven at start by a real encode. One that fails several times in a row, where
 * another then makes the same chunk, is out for a while and tried again. The last encoder is the fallback and never out.
 */
import { type Encoder, type EncoderSettings, proofCommand, type Run } from "@video-backend/media";
import { messageOf } from "@video-backend/service";

export interface EncoderState {
  name: string;
  /** `ready`, `out` after failures in jobs, or `broken` since its proof failed. */
  state: "ready" | "out" | "broken";
  /** ffmpeg's words, where it is not ready. */
  reason: string | null;
}

export interface EncoderPool {
  /** The first that is ready and not among these; the fallback when none is. */
  pick(without: ReadonlySet<string>): Encoder;
  /** A chunk was made with it. */
  recordSuccess(name: string): void;
  /** A chunk of this video failed with it. */
  recordFailure(name: string, reason: string, videoId?: string): void;
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
      return { encoder, broken, failures: 0, lastReason: "", outUntil: 0 };
    }),
  );
  const working = proven.filter((one) => one.broken === null);
  const fallback = working.at(-1);
  if (!fallback) {
    const reasons = proven.map((one) => `  ${one.encoder.name}: ${one.broken}`).join("\n");
    throw new Error(`No encoder works (ENCODER=${choice}):\n${reasons}`);
  }
  const isOut = (one: (typeof proven)[number]) => now() < one.outUntil;
  const find = (name: string) => working.find((one) => one.encoder.name === name);

  /** Videos of which the fallback could not make something, since anything was made. */
  const failedVideos = new Set<string>();

  return {
    pick: (without) => (working.find((one) => !without.has(one.encoder.name) && !isOut(one)) ?? fallback).encoder,
    recordSuccess(name) {
      failedVideos.clear();
      const one = find(name);
      if (one) one.failures = 0;
    },
    recordFailure(name, reason, videoId) {
      const one = find(name);
      if (!one) return;
      one.lastReason = reason;
      if (one === fallback) {
        if (videoId !== undefined) failedVideos.add(videoId);
        return;
      }
      one.failures++;
      if (one.failures >= failuresUntilOut) one.outUntil = now() + outSeconds;
    },
    check() {
      if (failedVideos.size < failedVideosUntilBroken) return;
      throw new Error(
        `Nothing of the last ${failedVideos.size} videos could be encoded by ${fallback.encoder.name}: ${fallback.lastReason}`,
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
