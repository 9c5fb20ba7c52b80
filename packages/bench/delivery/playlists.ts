/** Playlists: requests a second, one streaming process against one nginx worker. */
import type { Part } from "../bench.ts";
import { programs } from "../nginx.ts";
import { rounds } from "../rounds.ts";
import type { Server } from "../start-server.ts";
import { deliveredFiles } from "./files.ts";
import { load, type Measured } from "./load.ts";
import { startNginx, startStreaming } from "./servers.ts";

const connections = 16;
const secondsARound = 2;
const warmUps = 3;

export const playlists: Part = async (bench) => {
  programs("nginx", "wrk");
  await using ours = await startStreaming(bench);
  await using nginx = await startNginx(bench);
  const { playlistPath } = await deliveredFiles(bench);
  const contestant = (server: Server) => () =>
    load(bench, { url: server.url, paths: [playlistPath], connections, seconds: secondsARound });
  const contestants = { ours: contestant(ours), nginx: contestant(nginx) };
  for (let times = 0; times < warmUps; times++) for (const warmUp of Object.values(contestants)) await warmUp();
  const measured = await rounds(bench, bench.repetitions(15), contestants, show);
  const rates = (all: Measured[]) => all.map((one) => one.requestsPerSecond);
  return [
    {
      what: `Playlists, ${connections} connections`,
      unit: "requests/s",
      ours: rates(measured.ours),
      other: { name: "nginx", values: rates(measured.nginx) },
      goal: { of: "ours / other", atLeast: 0.8 },
    },
  ];
};

const show = ({ requestsPerSecond }: Measured) => `${requestsPerSecond.toFixed(0)} requests/s`;
