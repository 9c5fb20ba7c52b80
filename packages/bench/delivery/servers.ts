/**
 * One streaming process and one nginx worker over the same files, on the same processor, the client on the others. nginx is
 * set up as Debian has it (sendfile and tcp_nopush), without a log, as ours is; and without open_file_cache, which would have it
 * serve what is gone for as long as a minute: ours looks at each request, and so does nginx then.
 */
import { mkdir, symlink } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import { poll } from "../poll.ts";
import { processTree } from "../processes.ts";
import { type DeliveredFiles, deliveredFiles } from "./files.ts";

export interface Server extends AsyncDisposable {
  /** Without a slash at the end. */
  url: string;
  /** Of all its processes. */
  residentBytes(): Promise<number>;
}

const root = join(import.meta.dirname, "..", "..", "..");
/** Where Debian has what only root is meant to start. */
const systemPath = `${process.env.PATH}:/usr/sbin:/sbin`;

/** @throws Error saying what to install */
export function programs(...names: string[]): void {
  const missing = names.filter((name) => !Bun.which(name, { PATH: systemPath }));
  if (missing.length > 0)
    throw new Error(`Missing on PATH: ${missing.join(", ")}. apt-get install nginx-light wrk curl`);
}

/** The server's processor, or the client's: they do not take each other's time where there are two. */
export function pinned(who: "server" | "client"): string[] {
  const processors = availableParallelism();
  if (processors < 2 || !Bun.which("taskset")) return [];
  return ["taskset", "-c", who === "server" ? "0" : `1-${processors - 1}`];
}

export async function startStreaming(bench: Bench): Promise<Server> {
  const { storage, playlistPath } = await deliveredFiles(bench);
  const port = freePort();
  const command = [...pinned("server"), process.execPath, "--no-orphans", join("apps", "streaming", "main.ts")];
  const environment = { STORAGE_DIR: storage, STREAMING_PORT: String(port), LOG_LEVEL: "warn", NODE_ENV: "production" };
  return start(bench, command, { ...process.env, ...environment }, `http://127.0.0.1:${port}`, playlistPath);
}

export async function startNginx(bench: Bench): Promise<Server> {
  const files = await deliveredFiles(bench);
  const port = freePort();
  const folder = bench.world.path(`nginx-${port}`);
  await mkdir(join(folder, "root"), { recursive: true });
  await symlink(join(files.storage, "hls"), join(folder, "root", "stream"));
  await Bun.write(join(folder, "nginx.conf"), configuration(folder, port));
  const nginx = Bun.which("nginx", { PATH: systemPath }) ?? "nginx";
  const command = [...pinned("server"), nginx, "-p", folder, "-c", join(folder, "nginx.conf")];
  return start(bench, command, process.env, `http://127.0.0.1:${port}`, files.playlistPath);
}

const configuration = (folder: string, port: number) => `
daemon off;
worker_processes 1;
user root;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  types { application/vnd.apple.mpegurl m3u8; video/iso.segment m4s; }
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  server { listen 127.0.0.1:${port}; root ${folder}/root; }
}
`;

async function start(
  { signal }: Bench,
  command: string[],
  environment: Record<string, string | undefined>,
  url: string,
  path: DeliveredFiles["playlistPath"],
): Promise<Server> {
  const child = Bun.spawn(command, { cwd: root, env: environment, stdio: ["ignore", "ignore", "inherit"] });
  const server: Server = {
    url,
    async residentBytes() {
      return (await processTree(child.pid)).reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
  const answers = async () => ((await fetch(url + path).catch(() => null))?.ok ? true : null);
  try {
    await poll(`${command.join(" ")} answers`, answers, { signal, everySeconds: 0.05, limitSeconds: 20 });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const { port } = server;
  server.stop(true);
  if (port === undefined) throw new Error("No free port");
  return port;
}
