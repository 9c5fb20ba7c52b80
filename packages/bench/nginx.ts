/**
 * One nginx worker, as Debian sets it up (sendfile and tcp_nopush), without a log, as ours is; and without open_file_cache,
 * which would have it serve what is gone for as long as a minute: ours looks at each request, and so does nginx then.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort, type World } from "@video-backend/testing";
import { type Server, startServer } from "./start-server.ts";

export interface Nginx extends Server {
  /** What it serves, and where PUT puts files. */
  root: string;
}

export interface NginxSetup {
  world: World;
  signal: AbortSignal;
  /** Directives of its one server. */
  server?: string;
  /** Puts what it serves into its root. */
  fill?: (root: string) => Promise<unknown>;
  /** The command before nginx, such as one that pins it to a processor. */
  through?: string[];
}

/** Where Debian has what only root is meant to start. */
const systemPath = `${process.env.PATH}:/usr/sbin:/sbin`;

/** @throws Error saying what to install */
export function programs(...names: string[]): void {
  const missing = names.filter((name) => !Bun.which(name, { PATH: systemPath }));
  if (missing.length > 0)
    throw new Error(`Missing on PATH: ${missing.join(", ")}. apt-get install nginx-light wrk curl`);
}

/** @throws Error saying what to install */
export async function startNginx({ world, signal, server = "", fill, through = [] }: NginxSetup): Promise<Nginx> {
  programs("nginx");
  const port = freePort();
  const folder = world.path(`nginx-${port}`);
  const root = join(folder, "root");
  await mkdir(root, { recursive: true });
  await fill?.(root);
  await Bun.write(join(folder, "nginx.conf"), configuration(folder, port, server));
  const nginx = Bun.which("nginx", { PATH: systemPath }) ?? "nginx";
  const command = [...through, nginx, "-p", folder, "-c", join(folder, "nginx.conf")];
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(url)).status > 0;
  return { ...(await startServer({ command, url, isReady, signal })), root };
}

const configuration = (folder: string, port: number, server: string) => `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? "user root;" : ""}
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
  server { listen 127.0.0.1:${port}; root ${folder}/root; ${server} }
}
`;
