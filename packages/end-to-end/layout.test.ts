/** A storage that a later version has written is refused by every service before anything in it is opened. */
import { expect, test } from "bun:test";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createWorld, freePort } from "@video-backend/testing";
import { serviceNames } from "./system.ts";

const root = new URL("../..", import.meta.url).pathname;

test("every service refuses a storage of a newer layout with a sentence, and leaves it as it is", async () => {
  await using world = createWorld();
  const storage = world.path("storage");
  await mkdir(storage);
  await writeFile(`${storage}/layout.json`, '{"version":2}');
  const endings = serviceNames.map(async (name) => {
    const child = Bun.spawn([process.execPath, "--no-orphans", `apps/${name}/main.ts`], {
      cwd: root,
      env: { ...process.env, STORAGE_DIR: storage, [`${name.toUpperCase()}_PORT`]: String(freePort()) },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    const words = await new Response(child.stderr).text();
    return { name, code: await child.exited, words };
  });
  for (const { name, code, words } of await Promise.all(endings)) {
    expect([name, code]).toEqual([name, 1]);
    expect(words).toStartWith("The storage has layout version 2, and this software knows versions up to 1");
  }
  expect(await readdir(storage)).toEqual(["layout.json"]);
});
