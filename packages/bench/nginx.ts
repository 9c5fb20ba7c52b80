/** An nginx of the bench's own: one worker, in the foreground, with its files below a directory that goes afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { poll } from "./poll.ts";

export interface Nginx extends AsyncDisposable {
  url: string;
  pid: number;
  /** What it serves, and where PUT puts files. */
  root: string;
}

/**
 * @param server directives of its one server
 * @throws Error that says what to install where there is none
 */
export async function startNginx(server: string, signal: AbortSignal): Promise<Nginx> {
  if (!Bun.which("nginx")) throw new Error("there is no nginx; on Debian: apt-get install nginx-light");
  const directory = await mkdtemp(join(tmpdir(), "video-backend-nginx-"));
  const root = join(directory, "root");
  await mkdir(root);
  const port = freePort();
  const path = join(directory, "nginx.conf");
  await writeFile(path, configuration(directory, root, port, server));
  const child = Bun.spawn(["nginx", "-p", directory, "-c", path], { stdio: ["ignore", "ignore", "ignore"] });
  const nginx: Nginx = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    root,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
  try {
    const answers = () =>
      fetch(nginx.url).then(
        () => true,
        () => null,
      );
    await poll("nginx answers", answers, { signal, everySeconds: 0.05, limitSeconds: 10 });
    return nginx;
  } catch (error) {
    await nginx[Symbol.asyncDispose]();
    throw error;
  }
}

function configuration(directory: string, root: string, port: number, server: string): string {
  // Only root may change to another user, and need not here.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `
daemon off; ${user} worker_processes 1; pid ${directory}/pid; error_log ${directory}/errors;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  client_body_temp_path ${directory}/incoming; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server { listen 127.0.0.1:${port}; root ${root}; ${server} }
}
`;
}
