/** Load by wrk(1): as many requests as so many connections can make for a while, one thread, one address after another. */
import type { Bench } from "../bench.ts";
import { pinned } from "./servers.ts";

export interface Load {
  url: string;
  paths: string[];
  connections: number;
  seconds: number;
  /** Sent with each request. */
  headers?: Record<string, string>;
}

export interface Measured {
  requests: number;
  requestsPerSecond: number;
  mebibytesPerSecond: number;
  /** Of the time until the last byte of an answer, in milliseconds. */
  p99: number;
}

const mebibyteIn: Record<string, number> = { B: 1 / 1_048_576, KB: 1 / 1024, MB: 1, GB: 1024 };
const millisecondIn: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
/** Far longer than an answer takes; wrk's own 2 s would leave out what took longest. */
const timeoutSeconds = 60;

/** @throws Error when an answer was no success, or a connection failed */
export async function load(
  { world, signal }: Bench,
  { url, paths, connections, seconds, headers = {} }: Load,
): Promise<Measured> {
  const script = world.path("addresses.lua");
  await Bun.write(script, addresses(paths, headers));
  const limits = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", `${timeoutSeconds}s`, "--latency"];
  const child = Bun.spawn([...pinned("client"), "wrk", ...limits, "-s", script, url], {
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  const output = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`wrk ended with ${child.exitCode}: ${output}`);
  signal.throwIfAborted();
  return parseOutput(output);
}

/** Neighbours in the list are not asked for one after another, as they are not by many players. */
const addresses = (paths: string[], headers: Record<string, string>) => `
${Object.entries(headers)
  .map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`)
  .join("\n")}
local paths = { ${paths.map((path) => JSON.stringify(path)).join(", ")} }
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[(n * 37) % #paths + 1])
end
`;

/** Reads what wrk prints with --latency. */
export function parseOutput(output: string): Measured {
  const failures = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(output)?.[0];
  if (failures) throw new Error(`Not every answer was a success. ${failures}`);
  const number = (pattern: RegExp, units: Record<string, number> = {}): number => {
    const [, value = "", unit = ""] = pattern.exec(output) ?? [];
    if (value === "") throw new Error(`wrk said nothing of ${pattern}: ${output}`);
    return Number(value) * (units[unit] ?? 1);
  };
  return {
    requests: number(/(\d+) requests in/),
    requestsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    mebibytesPerSecond: number(/Transfer\/sec:\s+([\d.]+)(B|KB|MB|GB)/, mebibyteIn),
    p99: number(/99%\s+([\d.]+)(us|ms|s|m)/, millisecondIn),
  };
}
