/**
 * Several processes behind one port. The one that was started only keeps the others alive: each of those listens on the port
 * by itself (SO_REUSEPORT), and the kernel deals out the connections. They share no memory, so only a service whose
 * processes need not know of each other may be run so. Only what they have counted is added up, through the one that was started:
 * a scrape reaches one of them, and is answered for all.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { type KeptProcess, keepAlive } from "./keep-alive.ts";
import type { Log } from "./log.ts";
import { countsOf, type Snapshot, sumOf } from "./metrics.ts";

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
  const counts = createSharedCounts();
  const one = () =>
    keepAlive({
      start: () => startAgain(environment, counts),
      stop: stop.signal,
      drainSeconds,
      onDeath: (how, pauseSeconds) => log.error({ how, pauseSeconds }, "a process died; it is started again"),
    });
  await Promise.all(Array.from({ length: count }, one));
  process.exit(0);
}

/** In this process's group, so that what kills the group leaves none of them behind; it writes where this one does. */
function startAgain(environment: Record<string, string | undefined>, counts: SharedCounts): KeptProcess {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: environment,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = describeEnd(child);
  counts.add(child, ended);
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

/** Between one of the processes and the one that started it: what has each counted? */
type Message =
  /** By a process: what have the others counted? */
  | { kind: "others"; id: string; own: Snapshot }
  /** By the parent: what have you counted? */
  | { kind: "read"; id: string }
  | { kind: "snapshot"; id: string; snapshot: Snapshot }
  | { kind: "snapshots"; id: string; snapshots: Snapshot[] };

/** Of one that does not answer in time, what it told last counts. */
const answerMilliseconds = 2000;

interface SharedCounts {
  add(child: ChildProcess, ended: Promise<unknown>): void;
}

/** The parent's part. What a process had counted when it was last read stays in the sum when it has died. */
function createSharedCounts(): SharedCounts {
  const lastOf = new Map<ChildProcess, Snapshot>();
  const waiting = new Map<string, (snapshot: Snapshot) => void>();
  let ofEnded: Snapshot = [];

  async function read(child: ChildProcess): Promise<Snapshot> {
    const id = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<Snapshot>();
    waiting.set(id, resolve);
    const late = setTimeout(() => resolve(lastOf.get(child) ?? []), answerMilliseconds);
    send(child, { kind: "read", id });
    const snapshot = await promise;
    clearTimeout(late);
    waiting.delete(id);
    if (lastOf.has(child)) lastOf.set(child, snapshot);
    return snapshot;
  }

  async function answer(child: ChildProcess, message: Message): Promise<void> {
    if (message.kind === "snapshot") waiting.get(message.id)?.(message.snapshot);
    if (message.kind !== "others") return;
    if (lastOf.has(child)) lastOf.set(child, message.own);
    const others = [...lastOf.keys()].filter((one) => one !== child);
    const snapshots = await Promise.all(others.map(read));
    send(child, { kind: "snapshots", id: message.id, snapshots: [...snapshots, ofEnded] });
  }

  return {
    add(child, ended) {
      lastOf.set(child, []);
      child.on("message", (message) => void answer(child, message as Message));
      void ended.then(async () => {
        const last = lastOf.get(child) ?? [];
        lastOf.delete(child);
        ofEnded = await sumOf([ofEnded, countsOf(last)]);
      });
    },
  };
}

/** One that is ending has closed its end. */
function send(child: ChildProcess, message: Message): void {
  if (child.connected) child.send(message, () => undefined);
}

/**
 * The part of one of the processes, for `createMetrics`.
 *
 * @param read what this one has counted
 * @returns asks the others, and tells by that what this one has counted
 */
export function joinSharedPort(read: () => Promise<Snapshot>): (own: Snapshot) => Promise<Snapshot[]> {
  const waiting = new Map<string, (snapshots: Snapshot[]) => void>();
  const tell = (message: Message) =>
    process.connected && process.send?.(message, undefined, undefined, () => undefined);
  process.on("message", async (message: Message) => {
    if (message.kind === "snapshots") waiting.get(message.id)?.(message.snapshots);
    if (message.kind === "read") tell({ kind: "snapshot", id: message.id, snapshot: await read() });
  });
  return async (own) => {
    const id = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<Snapshot[]>();
    waiting.set(id, resolve);
    const late = setTimeout(() => resolve([]), 2 * answerMilliseconds);
    tell({ kind: "others", id, own });
    const snapshots = await promise;
    clearTimeout(late);
    waiting.delete(id);
    return snapshots;
  };
}
