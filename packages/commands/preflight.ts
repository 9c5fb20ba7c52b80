/**
 * What must hold before a service is started: free ports, ffmpeg, a place to write. Each check answers with a sentence
 * that says what to do, and all of them are told at once. A port is tried by listening on it, since only that is sure.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { accessModeOf, messageOf } from "@video-backend/service";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { checkLayout } from "@video-backend/storage/layout-version";
import type { Service, Setup } from "./services.ts";

/** Everything that is in the way of starting, a sentence each; nothing when all is well. */
export async function preflight(setup: Setup): Promise<string[]> {
  const problems = await Promise.all([
    ...setup.services.map((service) => portProblem(service, setup)),
    programProblem("ffmpeg"),
    programProblem("ffprobe"),
    storageProblem(setup.storageDir),
    layoutProblem(setup.storageDir),
    accessProblem(setup),
  ]);
  return problems.filter((problem) => problem !== null);
}

/** Null when the service can listen on its port. */
export async function portProblem(service: Service, { host, services }: Setup): Promise<string | null> {
  const { name, port, portVariable } = service;
  const other = services.find((candidate) => candidate !== service && candidate.port === port);
  if (other) return `${portVariable} and ${other.portVariable} are both ${port}; set one of them to another port.`;
  const code = await listen(port, host);
  if (code === null) return null;
  if (code === "EADDRINUSE")
    return `Port ${port} (${name}) is taken by another program; stop that, or set ${portVariable} to another one.`;
  if (code === "EACCES") return `Port ${port} (${name}) needs more rights; set ${portVariable} to one from 1024 on.`;
  return `Cannot listen on ${host} port ${port} (${name}): ${code}; set HOST to an address of this machine.`;
}

/** Null when the program is on PATH and runs. */
export async function programProblem(program: string, environment = process.env): Promise<string | null> {
  try {
    const child = Bun.spawn([program, "-version"], { env: environment, stdio: ["ignore", "ignore", "ignore"] });
    return (await child.exited) === 0
      ? null
      : `\`${program} -version\` fails with ${child.exitCode}; reinstall FFmpeg.`;
  } catch {
    return `${program} is not on PATH; install FFmpeg, which brings it.`;
  }
}

/** Null when files can be written in the directory, which is made when it is not there. */
export function storageProblem(directory: string): string | null {
  const probe = join(directory, `.probe-${process.pid}`);
  try {
    mkdirSync(directory, { recursive: true });
    writeFileSync(probe, "");
    rmSync(probe);
    return null;
  } catch (error) {
    return `Cannot write in ${directory} (${messageOf(error)}); set STORAGE_DIR to a directory that can be written.`;
  }
}

/** Null when this version of the software can use what lies in the storage directory. */
export async function layoutProblem(directory: string): Promise<string | null> {
  try {
    await checkLayout(createDirectoryStore(directory), "reads");
    return null;
  } catch (error) {
    return `${messageOf(error)}.`;
  }
}

/** Null unless everybody on the network could do everything. */
export function accessProblem({ access }: Pick<Setup, "access">): string | null {
  try {
    accessModeOf(access);
    return null;
  } catch (error) {
    return `${messageOf(error)}.`;
  }
}

/** The error's code when it is not possible. */
function listen(port: number, host: string): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const server = createServer();
  server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  return promise;
}
