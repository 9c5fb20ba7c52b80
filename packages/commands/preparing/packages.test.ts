import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createWorld } from "@video-backend/testing";
import { ensurePackages } from "./packages.ts";

/** A workspace that needs no registry: one package, linked from its folder. */
function setup() {
  const world = createWorld();
  const write = (path: string, content: unknown) => Bun.write(world.path(path), JSON.stringify(content));
  return { world, write, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function install(directory: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "install"], { cwd: directory, stdio: ["ignore", "ignore", "ignore"] });
  expect(await child.exited).toBe(0);
}

test("missing packages are installed, present ones are left alone, a changed lock file installs again", async () => {
  await using workspace = setup();
  const { world, write } = workspace;
  await write("parts/part/package.json", { name: "part", version: "1.0.0" });
  await write("package.json", { workspaces: ["parts/*"], dependencies: { part: "workspace:*" } });
  await install(world.directory);
  rmSync(world.path("node_modules"), { recursive: true });

  const said: string[] = [];
  const ensure = () => ensurePackages(world.directory, (line) => said.push(line));
  expect(await ensure()).toBeNull();
  expect(existsSync(world.path("node_modules", "part", "package.json"))).toBe(true);

  rmSync(world.path("node_modules", "part"));
  expect(await ensure()).toBeNull();
  expect(existsSync(world.path("node_modules", "part"))).toBe(false);

  writeFileSync(world.path("bun.lock"), `${await Bun.file(world.path("bun.lock")).text()}\n`);
  expect(await ensure()).toBeNull();
  expect(existsSync(world.path("node_modules", "part"))).toBe(true);
  expect(said).toEqual(["Installing packages.", "Installing packages."]);
});

test("a lock file that does not fit is a sentence, with what the installer said", async () => {
  await using workspace = setup();
  const { world, write } = workspace;
  await write("parts/part/package.json", { name: "part", version: "1.0.0" });
  await write("package.json", { workspaces: ["parts/*"], dependencies: { part: "workspace:*" } });
  await install(world.directory);
  rmSync(world.path("node_modules"), { recursive: true });
  await write("parts/other/package.json", { name: "other", version: "1.0.0" });
  expect(await ensurePackages(world.directory, () => {})).toMatch(/frozen[\s\S]*The packages could not be installed/);
});
