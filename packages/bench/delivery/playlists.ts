/**
 * Playlists: requests a second, one streaming process against one nginx worker, and against the least that a server on Bun
 * does. Requests per second of the server's processor time say the same, and stay true where other programs take time, too.
 */
import type { Bench, Part } from "../bench.ts";
import { programs } from "../nginx.ts";
import { processorSeconds } from "../processes.ts";
import { rounds } from "../rounds.ts";
import type { Row } from "../rows.ts";
import type { Server } from "../start-server.ts";
import { deliveredFiles } from "./files.ts";
import { load } from "./load.ts";
import { startBare, startNginx, startStreaming } from "./servers.ts";

const connections = 16;
const secondsARound = 2;
const warmUps = 3;
/** Ours sends these the text coded; nginx, as it is set up by default, as it is. */
const askedByBrowsers = { "Accept-Encoding": "gzip, deflate, br, zstd" };

export const playlists: Part = async (bench) => {
  programs("nginx", "wrk");
  await using ours = await startStreaming(bench);
  await using nginx = await startNginx(bench);
  await using bare = await startBare(bench);
  const plain = await measure(bench, { ours, nginx, bare });
  const coded = await measure(bench, { ours, nginx }, askedByBrowsers);
  const what = `Playlists, ${connections} connections`;
  return [
    ...rowsOf(what, plain.ours, plain.nginx),
    ...rowsOf(`${what}, coded as browsers ask`, coded.ours, coded.nginx),
    ...rowsOf(`${what}, a bare Bun.serve in place of ours`, plain.bare, plain.nginx),
  ];
};

interface Rates {
  perSecond: number;
  perProcessorSecond: number;
}

async function measure<Name extends string>(
  bench: Bench,
  servers: Record<Name, Server>,
  headers: Record<string, string> = {},
): Promise<Record<Name, Rates[]>> {
  const { playlistPath } = await deliveredFiles(bench);
  const contestant =
    ({ url, pid }: Server) =>
    async (): Promise<Rates> => {
      const before = await processorSeconds(pid);
      const paths = [playlistPath];
      const done = await load(bench, { url, paths, connections, seconds: secondsARound, headers });
      const spent = (await processorSeconds(pid)) - before;
      return { perSecond: done.requestsPerSecond, perProcessorSecond: done.requests / spent };
    };
  const contestants = Object.fromEntries(
    Object.entries<Server>(servers).map(([name, server]) => [name, contestant(server)]),
  ) as Record<Name, () => Promise<Rates>>;
  for (let times = 0; times < warmUps; times++) {
    for (const warmUp of Object.values<() => Promise<Rates>>(contestants)) await warmUp();
  }
  return rounds(bench, bench.repetitions(15), contestants, show);
}

function rowsOf(what: string, ours: Rates[], nginx: Rates[]): Row[] {
  const row = (unit: "requests/s" | "requests/CPU s", of: (rates: Rates) => number): Row => ({
    what,
    unit,
    ours: ours.map(of),
    other: { name: "nginx", values: nginx.map(of) },
    goal: { of: "ours / other", atLeast: 0.9 },
  });
  return [row("requests/s", (rates) => rates.perSecond), row("requests/CPU s", (rates) => rates.perProcessorSecond)];
}

const show = ({ perSecond, perProcessorSecond }: Rates) =>
  `${perSecond.toFixed(0)} requests/s, ${perProcessorSecond.toFixed(0)} per second of its processor`;
