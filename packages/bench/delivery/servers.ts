/** One streaming process and one nginx worker over the same files, on the same processor, the client on the others. */
import { symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { freePort } from "@video-backend/testing";
import type { Bench } from "../bench.ts";
import { type Nginx, startNginx as startAnyNginx } from "../nginx.ts";
import { type Server, startServer } from "../start-server.ts";
import { deliveredFiles } from "./files.ts";

/** The server's processor, or the client's: they do not take each other's time where there are two. */
export function pinned(who: "server" | "client"): string[] {
  const processors = availableParallelism();
  if (processors < 2 || !Bun.which("taskset")) return [];
  return ["taskset", "-c", who === "server" ? "0" : `1-${processors - 1}`];
}

export async function startStreaming(bench: Bench): Promise<Server> {
  const { storage, playlistPath } = await deliveredFiles(bench);
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  return startServer({
    command: [...pinned("server"), process.execPath, "--no-orphans", join("apps", "streaming", "main.ts")],
    environment: {
      ...process.env,
      STORAGE_DIR: storage,
      STREAMING_PORT: String(port),
      LOG_LEVEL: "warn",
      NODE_ENV: "production",
    },
    url,
    isReady: async () => (await fetch(url + playlistPath)).ok,
    signal: bench.signal,
  });
}

/** The least that a server on Bun does: `bare-server.ts`. */
export async function startBare(bench: Bench): Promise<Server> {
  const { storage, playlistPath } = await deliveredFiles(bench);
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(storage, "hls", playlistPath.replace("/stream/", ""));
  return startServer({
    command: [...pinned("server"), process.execPath, join(import.meta.dirname, "bare-server.ts"), file, String(port)],
    environment: { ...process.env, NODE_ENV: "production" },
    url,
    isReady: async () => (await fetch(url)).ok,
    signal: bench.signal,
  });
}

export async function startNginx(bench: Bench): Promise<Nginx> {
  const { storage } = await deliveredFiles(bench);
  const fill = (root: string) => symlink(join(storage, "hls"), join(root, "stream"));
  return startAnyNginx({ world: bench.world, signal: bench.signal, fill, through: pinned("server") });
}
