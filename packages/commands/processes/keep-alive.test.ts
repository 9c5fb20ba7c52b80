import { expect, test } from "bun:test";
import { keepAlive, restartPauseSeconds } from "@video-backend/service/keep-alive";
import { createWorld, until } from "@video-backend/testing";
import { isAlive } from "./process-table.ts";
import { type RunningProcess, startProcess } from "./running-process.ts";

async function setup(script: string, pauseSeconds: (deaths: number) => number) {
  const world = createWorld();
  const path = world.path("service.ts");
  await Bun.write(path, script);
  const lines: string[] = [];
  const deaths: string[] = [];
  const started: RunningProcess[] = [];
  const stop = new AbortController();
  const kept = keepAlive({
    start: () => {
      const child = startProcess({
        command: [process.execPath, "--no-orphans", path],
        environment: { PATH: process.env.PATH ?? "", WORLD: world.directory },
        onLine: (line) => lines.push(line),
      });
      started.push(child);
      return child;
    },
    stop: stop.signal,
    drainSeconds: 20,
    onDeath: (how, pause) => deaths.push(`${how}, pause ${pause}`),
    pauseSeconds,
  });
  world.defer(() => {
    stop.abort();
    return kept;
  });
  return { lines, deaths, started, stop, kept, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("one that dies twice is up the third time, and ends for good when told to", async () => {
  await using world = await setup(
    `import { existsSync, writeFileSync } from "node:fs";
     for (const name of ["/first", "/second"]) {
       const path = process.env.WORLD + name;
       if (!existsSync(path)) { writeFileSync(path, ""); process.exit(7); }
     }
     console.log("up"); setInterval(() => {}, 1000);`,
    (deaths) => deaths / 1000,
  );
  await until("the third start", () => world.lines.includes("up"));
  expect(world.deaths).toEqual(["ended with exit code 7, pause 0.001", "ended with exit code 7, pause 0.002"]);
  expect(world.started.length).toBe(3);
  world.stop.abort();
  await world.kept;
  expect(world.started.map(({ pid }) => isAlive(pid))).toEqual([false, false, false]);
  expect(world.started.length).toBe(3);
});

test("one that was killed is started again", async () => {
  await using world = await setup(`console.log("up"); setInterval(() => {}, 1000);`, () => 0.001);
  await until("the first start", () => world.lines.length === 1);
  process.kill(world.started[0]?.pid ?? 0, "SIGKILL");
  await until("the second start", () => world.lines.length === 2);
  expect(world.deaths).toEqual(["was ended by SIGKILL, pause 0.001"]);
});

test("a stop in the pause is obeyed at once", async () => {
  await using world = await setup("process.exit(1)", () => 3600);
  await until("the first death", () => world.deaths.length === 1);
  world.stop.abort();
  await world.kept;
  expect(world.started.length).toBe(1);
});

test("the pause doubles up to half a minute", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(restartPauseSeconds)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
});
