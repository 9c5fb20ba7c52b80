/**
 * Holds the background encode back without ending it: its ffmpeg processes are stopped by a signal (SIGSTOP) and still
 * occupy their places in the queue, so that nothing else begins but what is demanded.
 */
import { poll } from "../poll.ts";
import { type ProcessState, processTree } from "../processes.ts";

/** So many looks in a row must find all of them frozen: one that had just ended would be followed by another. */
const calmLooks = 3;

/**
 * Freezes the encoders of a transcoding service; the end of the scope lets them go on.
 *
 * @throws Error when there are none, or it takes too long
 */
export async function freezeEncoders(transcodingId: number, signal: AbortSignal): Promise<AsyncDisposable> {
  const frozen = new Set<number>();
  let calm = 0;
  const thaw = async () => {
    for (const { id } of await encodersOf(transcodingId)) if (frozen.has(id)) signalTo(id, "SIGCONT");
  };
  try {
    const look = async () => {
      const encoders = await encodersOf(transcodingId);
      const awake = encoders.filter(({ state }) => state !== "T");
      for (const { id } of awake) {
        frozen.add(id);
        signalTo(id, "SIGSTOP");
      }
      calm = encoders.length > 0 && awake.length === 0 ? calm + 1 : 0;
      return calm >= calmLooks ? true : null;
    };
    await poll("the background encoders are frozen", look, { signal, everySeconds: 0.02, limitSeconds: 20 });
  } catch (error) {
    await thaw();
    throw error;
  }
  return { [Symbol.asyncDispose]: thaw };
}

async function encodersOf(transcodingId: number): Promise<ProcessState[]> {
  const tree = await processTree(transcodingId);
  return tree.filter(({ name, state }) => name === "ffmpeg" && state !== "Z");
}

/** One that has ended since it was looked for needs no signal. */
function signalTo(id: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(id, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
