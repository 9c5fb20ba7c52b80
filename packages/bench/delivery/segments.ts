/** Segments: bytes a second and the slowest hundredth, one streaming process against one nginx worker with sendfile. */
import type { Bench, Part } from "../bench.ts";
import { programs } from "../nginx.ts";
import { rounds } from "../rounds.ts";
import type { Row } from "../rows.ts";
import type { Server } from "../start-server.ts";
import { deliveredFiles } from "./files.ts";
import { load, type Measured } from "./load.ts";
import { startNginx, startStreaming } from "./servers.ts";

const connectionCounts = [16, 256];
const secondsARound = 2;
const warmUps = 3;

export const segments: Part = async (bench) => {
  programs("nginx", "wrk");
  await using ours = await startStreaming(bench);
  await using nginx = await startNginx(bench);
  const rows: Row[] = [];
  for (const connections of connectionCounts) rows.push(...(await compare(bench, ours, nginx, connections)));
  return rows;
};

async function compare(bench: Bench, ours: Server, nginx: Server, connections: number): Promise<Row[]> {
  const { segmentPaths: paths } = await deliveredFiles(bench);
  const contestant = (server: Server) => () =>
    load(bench, { url: server.url, paths, connections, seconds: secondsARound });
  const contestants = { ours: contestant(ours), nginx: contestant(nginx) };
  // Once without counting: code is compiled and files are in memory, theirs in the kernel's, ours in both.
  for (let times = 0; times < warmUps; times++) for (const warmUp of Object.values(contestants)) await warmUp();
  bench.say(`  ${connections} connections`);
  const measured = await rounds(bench, bench.repetitions(15), contestants, show);
  const values = (of: (one: Measured) => number) => ({
    ours: measured.ours.map(of),
    other: { name: "nginx", values: measured.nginx.map(of) },
  });
  return [
    {
      what: `Segments, ${connections} connections`,
      unit: "MiB/s",
      ...values((one) => one.mebibytesPerSecond),
      goal: { of: "ours / other", atLeast: 1 },
    },
    {
      what: `Segments, ${connections} connections, 99th percentile`,
      unit: "ms",
      ...values((one) => one.p99),
      goal: { of: "ours / other", atMost: 1.2 },
    },
  ];
}

const show = ({ mebibytesPerSecond, p99 }: Measured) =>
  `${mebibytesPerSecond.toFixed(0)} MiB/s, p99 ${p99.toFixed(1)} ms`;
