/** The real service as a process of its own, for tests of what only a process has: sockets, memory, a sudden end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { until, type World } from "@video-backend/testing";

export interface ServiceProcess {
  url: string;
  pid: number;
  /** Kill -9, and resolves when it is gone. */
  kill(): Promise<void>;
}

/**
 * Runs `main.ts` over the world's directory until it is killed or the world ends. Metadata and transcoding are away.
 *
 * @param address where it listens; a free port without it
 * @param settings further environment variables
 */
export async function runService(
  world: World,
  address?: string,
  settings: Record<string, string> = {},
): Promise<ServiceProcess> {
  const url = address ?? (await freeAddress());
  const nobody = await freeAddress();
  const service = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: {
      ...process.env,
      UPLOAD_PORT: new URL(url).port,
      STORAGE_DIR: world.directory,
      LOG_LEVEL: "silent",
      METADATA_URL: nobody,
      TRANSCODING_URL: nobody,
      ...settings,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const exited = once(service, "exit");
  async function end(signal: NodeJS.Signals): Promise<void> {
    service.kill(signal);
    await exited;
  }
  world.defer(() => end("SIGTERM"));
  await until("the service answers", () =>
    fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    ),
  );
  return { url, pid: service.pid ?? 0, kill: () => end("SIGKILL") };
}

async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
