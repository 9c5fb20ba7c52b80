/**
 * Several processes behind one port. The one that was started only keeps the others alive: each of those listens on the port
 * by itself (SO_REUSEPORT), and the kernel deals out the connections. They share no memory, so only a service whose
 * processes need not know of each other may be run so.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type KeptProcess, keepAlive } from "./keep-alive.ts";
import type { Log } from "./log.ts";

export interface SharedPort {
  /** How many processes. */
  count: number;
  /** The environment that makes this program one of them. */
  environment: Record<string, string | undefined>;
  log: Log;
  /** How long each may take for the requests at work when it is told to end; a little longer than `serve` gives. */
  drainSeconds?: number;
}

/** Runs this very program so many times over and starts again what dies; ends it all, and itself, on SIGTERM or SIGINT. */
export async function sharePort({ count, environment, log, drainSeconds = 12 }: SharedPort): Promise<never> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());
  log.info({ processes: count }, "starting processes that share the port");
  const one = () =>
    keepAlive({
      start: () => startAgain(environment),
      stop: stop.signal,
      drainSeconds,
      onDeath: (how, pauseSeconds) => log.error({ how, pauseSeconds }, "a process died; it is started again"),
    });
  await Promise.all(Array.from({ length: count }, one));
  process.exit(0);
}

/** In this process's group, so that what kills the group leaves none of them behind; it writes where this one does. */
function startAgain(environment: Record<string, string | undefined>): KeptProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: environment,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const ended = describeEnd(child);
  return {
    ended,
    async stop(deadlineSeconds) {
      const deadline = setTimeout(() => child.kill("SIGKILL"), deadlineSeconds * 1000);
      child.kill("SIGTERM");
      await ended;
      clearTimeout(deadline);
    },
  };
}

function describeEnd(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
  });
}
