/**
 * The whole system as its users have it: five processes on free ports over a storage directory of their own, reached by
 * HTTP alone. Processes that are still there at the end are killed, and only those that were started here.
 */
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, until } from "@video-backend/testing";

export const serviceNames = ["metadata", "transcoding", "upload", "streaming", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface System extends AsyncDisposable {
  storage: string;
  /** Where each service answers, without a slash at the end. */
  url: Record<ServiceName, string>;
  /** The process of a service, or undefined while it is down. */
  process(name: ServiceName): Bun.Subprocess | undefined;
  /** Starts a service that is down and waits until it is healthy. */
  start(name: ServiceName): Promise<void>;
  /** SIGKILL, and wait until it is gone. */
  kill(name: ServiceName): Promise<void>;
  /** All that a service has logged so far. */
  log(name: ServiceName): Promise<string>;
}

const root = join(import.meta.dirname, "..", "..");

/**
 * @param settings further environment for all services
 * @param fillStorage is given the empty storage directory before anything is started
 */
export async function startSystem(
  settings: Record<string, string> = {},
  fillStorage: (directory: string) => Promise<unknown> = async () => undefined,
): Promise<System> {
  const directory = await mkdtemp(join(tmpdir(), "video-backend-system-"));
  const storage = join(directory, "storage");
  await mkdir(storage);
  await fillStorage(storage);
  const ports = Object.fromEntries(serviceNames.map((name) => [name, freePort()])) as Record<ServiceName, number>;
  const url = Object.fromEntries(serviceNames.map((name) => [name, `http://127.0.0.1:${ports[name]}`])) as Record<
    ServiceName,
    string
  >;
  const environment: Record<string, string | undefined> = {
    ...process.env,
    STORAGE_DIR: storage,
    LOG_LEVEL: "warn",
    ...settings,
  };
  for (const name of serviceNames) {
    environment[`${name.toUpperCase()}_PORT`] = String(ports[name]);
    environment[`${name.toUpperCase()}_URL`] = url[name];
  }
  const processes = new Map<ServiceName, Bun.Subprocess>();

  const logOf = (name: ServiceName) => join(directory, `${name}.log`);

  async function start(name: ServiceName): Promise<void> {
    const log = openSync(logOf(name), "a");
    const child = Bun.spawn([process.execPath, "--no-orphans", join("apps", name, "main.ts")], {
      cwd: root,
      env: environment,
      stdin: "ignore",
      stdout: log,
      stderr: "inherit",
    });
    closeSync(log);
    processes.set(name, child);
    await until(`${name} is healthy`, () => isHealthy(url[name]), 30);
  }

  async function kill(name: ServiceName): Promise<void> {
    const child = processes.get(name);
    processes.delete(name);
    child?.kill("SIGKILL");
    await child?.exited;
  }

  const system: System = {
    storage,
    url,
    start,
    kill,
    log: (name) => Bun.file(logOf(name)).text(),
    process: (name) => processes.get(name),
    async [Symbol.asyncDispose]() {
      await Promise.all(serviceNames.map(kill));
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(serviceNames.map(start));
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw error;
  }
  return system;
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`).catch(() => null);
  return response?.status === 200;
}
