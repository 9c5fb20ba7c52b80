import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWorld, until } from "@video-backend/testing";
import { readPidFile } from "./pid-file.ts";
import { isAlive } from "./process-table.ts";
import { stopSupervisor } from "./stop-supervisor.ts";

/** A process that holds the pid file as a supervisor does. */
async function setup(onTerm: string) {
  const world = createWorld();
  const pidFile = world.path("supervisor.pid");
  const script = `
    import { writePidFile } from ${JSON.stringify(join(import.meta.dirname, "pid-file.ts"))};
    process.on("SIGTERM", () => { ${onTerm} });
    writePidFile(${JSON.stringify(pidFile)});
    setInterval(() => {}, 1000);`;
  writeFileSync(world.path("supervisor.ts"), script);
  const child = Bun.spawn([process.execPath, "--no-orphans", world.path("supervisor.ts")]);
  world.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  await until("it holds the file", () => readPidFile(pidFile));
  return { world, pidFile, child, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("it is waited for until it is gone, and the file goes", async () => {
  await using supervisor = await setup(`setTimeout(() => process.exit(0), 100);`);
  const { child, pidFile } = supervisor;
  expect(await stopSupervisor(pidFile)).toBe(child.pid);
  expect(isAlive(child.pid)).toBe(false);
  expect(existsSync(pidFile)).toBe(false);
  expect(await child.exited).toBe(0);
});

test("one that does not end is killed", async () => {
  await using supervisor = await setup("");
  const { child, pidFile } = supervisor;
  await stopSupervisor(pidFile, 0.05);
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
});

test("nothing running is no problem, and a stranger with the number is left alone", async () => {
  await using world = createWorld();
  expect(await stopSupervisor(world.path("none"))).toBeNull();
  const stranger = Bun.spawn(["sleep", "100"]);
  writeFileSync(world.path("supervisor.pid"), `${stranger.pid} 1\n`);
  expect(await stopSupervisor(world.path("supervisor.pid"))).toBeNull();
  expect(isAlive(stranger.pid)).toBe(true);
  stranger.kill();
  await stranger.exited;
});
