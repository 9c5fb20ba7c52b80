import { expect, test } from "bun:test";
import { createWorld, until } from "@video-backend/testing";
import { isAlive } from "./process-table.ts";
import { startProcess } from "./running-process.ts";

async function setup(script: string) {
  const world = createWorld();
  const path = world.path("script.ts");
  await Bun.write(path, script);
  const lines: string[] = [];
  const child = startProcess({
    command: [process.execPath, "--no-orphans", path],
    environment: { PATH: process.env.PATH ?? "" },
    onLine: (line) => lines.push(line),
  });
  world.defer(() => child.stop(0));
  return { child, lines, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("its last lines and how it ended are known when it dies", async () => {
  await using world = await setup(`for (let n = 1; n <= 12; n++) console.log(n); process.exit(3);`);
  expect(await world.child.ended).toBe("ended with exit code 3");
  expect(world.child.lastLines()).toEqual(["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]);
  expect(world.lines.length).toBe(12);
});

test("a process that drains is given the time to", async () => {
  await using world = await setup(`
    process.on("SIGTERM", () => { console.log("drained"); process.exit(0); });
    console.log("up"); setInterval(() => {}, 1000);`);
  await until("it is up", () => world.lines.includes("up"));
  await world.child.stop(20);
  expect(await world.child.ended).toBe("ended with exit code 0");
  expect(world.lines).toEqual(["up", "drained"]);
});

test("one that does not end in time is killed with its children", async () => {
  await using world = await setup(`
    process.on("SIGTERM", () => console.log("deaf"));
    console.log(Bun.spawn(["sleep", "100"]).pid); setInterval(() => {}, 1000);`);
  await until("it is up", () => world.lines.length > 0);
  const grandchild = Number(world.lines[0]);
  await world.child.stop(0.05);
  expect(await world.child.ended).toBe("was ended by SIGKILL");
  await until("the grandchild is gone", () => !isAlive(grandchild));
});

test("stopping what is gone is no problem", async () => {
  await using world = await setup("");
  await world.child.ended;
  await world.child.stop(0);
});
