/**
 * Memory of one streaming process: what a million requests add to it, and what clients that hardly read do. Both begin when
 * it has served everything that it may hold.
 */
import type { Bench, Part } from "../bench.ts";
import { programs } from "../nginx.ts";
import type { Server } from "../start-server.ts";
import { deliveredFiles } from "./files.ts";
import { load } from "./load.ts";
import { pinned, startStreaming } from "./servers.ts";

const connections = 64;
/** Twenty times this is a million. */
const fewRequests = 50_000;
const warmUpSeconds = 10;
const secondsATime = 10;
const slowClients = 256;
const slowSeconds = 10;
/** So slow that a segment would take minutes. */
const slowRate = "8K";
const mebibyte = 1024 * 1024;

export const memory: Part = async (bench) => {
  programs("wrk", "curl");
  await using server = await startStreaming(bench);
  const { segmentPaths, playlistPath } = await deliveredFiles(bench);
  for (const paths of [segmentPaths, [playlistPath]]) {
    await load(bench, { url: server.url, paths, connections, seconds: warmUpSeconds });
  }
  const requests = bench.repetitions(20) * fewRequests;
  const many = await growth(server, () => requestMany(bench, server, playlistPath, requests));
  const slow = await growth(server, () => readSlowly(bench, server, segmentPaths));
  const row = (what: string, value: number, atMost: number) => ({
    what,
    unit: "MiB" as const,
    ours: [value],
    other: null,
    goal: { of: "ours" as const, atMost },
  });
  return [
    row(`Memory that ${requests} requests add`, many, 32),
    row(`Memory that ${slowClients} slow clients add`, slow, 64),
  ];
};

/** In MiB, from before to the most that was seen during the work and after it. */
async function growth(server: Server, work: () => Promise<void>): Promise<number> {
  const before = await server.residentBytes();
  let most = before;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      await Bun.sleep(200);
      most = Math.max(most, await server.residentBytes());
    }
  })();
  await work().finally(() => {
    isOver = true;
  });
  await watching;
  return (most - before) / mebibyte;
}

async function requestMany(bench: Bench, { url }: Server, path: string, requests: number): Promise<void> {
  for (let made = 0; made < requests; ) {
    made += (await load(bench, { url, paths: [path], connections, seconds: secondsATime })).requests;
    bench.say(`  ${made} requests`);
  }
}

/** curl(1) reads at this pace from each of its connections. */
async function readSlowly({ signal, say }: Bench, { url }: Server, paths: string[]): Promise<void> {
  const targets = Array.from({ length: slowClients }, (_, index) => url + paths[index % paths.length]);
  const limits = ["-s", "-Z", "--parallel-max", String(slowClients), "--parallel-immediate", "--limit-rate", slowRate];
  const outputs = targets.flatMap((target) => ["-o", "/dev/null", target]);
  const child = Bun.spawn([...pinned("client"), "curl", ...limits, "--max-time", String(slowSeconds), ...outputs], {
    stdio: ["ignore", "ignore", "ignore"],
    signal,
  });
  // It ends with 28, for none of them is whole by then.
  const code = await child.exited;
  signal.throwIfAborted();
  if (code !== 28)
    throw new Error(`curl ended with ${code}; 28 is expected: no slow client can have all in ${slowSeconds} s`);
  say(`  ${slowClients} slow clients for ${slowSeconds} s`);
}
