/**
 * The five services, where each listens, and what the others must be told of it. Ports are the one thing to change: the
 * addresses that services know of each other follow from them, unless an address was given.
 */
import { resolve } from "node:path";
import { type AccessConfig, readConfig, settings } from "@video-backend/service";
import { z } from "zod";

const ports = { metadata: 8003, transcoding: 8002, upload: 8001, streaming: 8004, admin: 8005 } as const;

export type ServiceName = keyof typeof ports;

export interface Service {
  name: ServiceName;
  port: number;
  /** The variable that moves it. */
  portVariable: string;
  /** Where it answers, as seen from this machine. */
  address: string;
}

/** All that the commands know of a machine: what to run and where it keeps its files. */
export interface Setup {
  services: Service[];
  host: string;
  /** Absolute. */
  storageDir: string;
  /** Whether callers need a key. */
  access: AccessConfig;
  /** What every service is started with. */
  environment: Record<string, string>;
}

const names = Object.keys(ports) as ServiceName[];
const portVariable = (name: ServiceName) => `${name.toUpperCase()}_PORT` as const;

const Environment = z.object({
  HOST: settings.HOST,
  STORAGE_DIR: settings.STORAGE_DIR,
  AUTH: settings.AUTH,
  AUTH_OPEN_ON_NETWORK: settings.AUTH_OPEN_ON_NETWORK,
  ...Object.fromEntries(names.map((name) => [portVariable(name), settings.port(ports[name])])),
});

/**
 * Reads what was set.
 *
 * @throws ConfigError naming every variable that does not fit
 */
export function readSetup(environment: Record<string, string | undefined>): Setup {
  const config = readConfig(Environment, environment);
  const services = names.map((name) => {
    const port = Number(config[portVariable(name) as keyof typeof config]);
    return { name, port, portVariable: portVariable(name), address: `http://${reachable(config.HOST)}:${port}` };
  });
  const storageDir = resolve(config.STORAGE_DIR);
  return {
    services,
    host: config.HOST,
    storageDir,
    access: config,
    environment: childEnvironment(environment, services, storageDir),
  };
}

function childEnvironment(given: Record<string, string | undefined>, services: Service[], storageDir: string) {
  const environment: Record<string, string | undefined> = { ...given, STORAGE_DIR: storageDir };
  for (const { name, port, portVariable, address } of services) {
    environment[portVariable] = String(port);
    environment[`${name.toUpperCase()}_URL`] ||= address;
  }
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => !!entry[1]));
}

/** A wildcard is an address to listen on, not one to call; IPv6 goes in brackets. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
