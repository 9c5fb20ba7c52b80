/**
 * Whether ffmpeg and ffprobe can be started, as it was seen the last time: at the start of the service, and by every task
 * since. A health request starts no process: on a busy machine that alone takes a second.
 */
import type { Run } from "@video-backend/media";
import { messageOf } from "@video-backend/service";

export interface Programs {
  /** Runs a program, and notes whether it could be started. */
  run: Run;
  /** Runs each of them once. */
  prove(): Promise<void>;
  /** @throws Error with a sentence when this one could not be started the last time */
  check(program: ProgramName): void;
}

const programNames = ["ffmpeg", "ffprobe"] as const;
type ProgramName = (typeof programNames)[number];

const proofSeconds = 20;
/** Of `nice`, or of the loader, for what is not there or cannot be run. */
const isNotStarted = (exitCode: number | null): boolean => exitCode === 126 || exitCode === 127;

export function watchPrograms(start: Run): Programs {
  /** What kept a program from starting; absent for one that started. */
  const reasons = new Map<string, string>();

  const run: Run = async (program, args, options = {}) => {
    const { signal, onLine } = options;
    let isListenersFault = false;
    const watched = (line: string) => {
      try {
        onLine?.(line);
      } catch (error) {
        isListenersFault = true;
        throw error;
      }
    };
    try {
      const result = await start(program, args, onLine ? { ...options, onLine: watched } : options);
      if (isNotStarted(result.exitCode)) reasons.set(program, result.errors || `it ended with ${result.exitCode}`);
      else reasons.delete(program);
      return result;
    } catch (error) {
      if (!isListenersFault && !signal?.aborted) reasons.set(program, messageOf(error));
      throw error;
    }
  };

  return {
    run,
    async prove() {
      // What went wrong is noted, and told by the check.
      await Promise.allSettled(programNames.map((name) => run(name, ["-version"], { timeoutSeconds: proofSeconds })));
    },
    check(program) {
      const reason = reasons.get(program);
      if (reason !== undefined) throw new Error(reason);
    },
  };
}
