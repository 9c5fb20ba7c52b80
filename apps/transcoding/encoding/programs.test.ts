import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { type Run, run } from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";
import { watchPrograms } from "./machine.ts";

const reasonOf = (check: () => void): string | null => {
  try {
    check();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

test("a health request starts no process", async () => {
  let started = 0;
  const counting: Run = (program, args, options) => {
    started++;
    return run(program, args, options);
  };
  await using app = await setup({ run: counting });
  const before = started;
  for (let request = 0; request < 20; request++) expect((await app.send("GET /health")).status).toBe(200);
  expect(started).toBe(before);
});

test("a program that is taken away shows after the next task, and is well again after the next that it does", async () => {
  let isGone = false;
  const leaving: Run = (program, args, options) => {
    if (isGone && program === "ffprobe") return Promise.reject(new Error("ffprobe: not found"));
    return run(program, args, options);
  };
  await using app = await setup({ run: leaving });
  for (const id of ["a", "b"]) await placeOriginal(app.world, app.metadata, id, { seconds: 1 });
  isGone = true;
  expect((await app.send("GET /health")).status).toBe(200);
  await app.start("a");
  await app.overall("a", "error");
  expect(await app.send("GET /health")).toMatchObject({
    status: 503,
    body: { failed: { ffprobe: "ffprobe: not found" } },
  });
  isGone = false;
  await app.start("b");
  await app.overall("b", "ok");
  expect((await app.send("GET /health")).status).toBe(200);
}, 60_000);

test("a program that is not there, or cannot be run, is known also when it is run at another niceness", async () => {
  await using world = createWorld();
  const programs = watchPrograms((_, args, options) => run(world.path("ffmpeg"), args, options));
  for (const niceness of [0, 10]) {
    await programs.run("ffmpeg", [], { niceness }).catch(() => undefined);
    expect(reasonOf(() => programs.check("ffmpeg"))).toBeString();
  }
  await Bun.write(world.path("ffmpeg"), "#!/bin/sh\necho a line; exit 1\n");
  await programs.run("ffmpeg", [], { niceness: 10 }).catch(() => undefined);
  expect(reasonOf(() => programs.check("ffmpeg"))).toBeString();
  await chmod(world.path("ffmpeg"), 0o755);
  await programs.run("ffmpeg", [], { niceness: 10 });
  expect(reasonOf(() => programs.check("ffmpeg"))).toBeNull();
});

test("who does not want to hear more of a program, or ended it, says nothing against it", async () => {
  const programs = watchPrograms(run);
  const refusing = () => {
    throw new Error("too many lines");
  };
  await programs.run("sh", ["-c", "echo a line"], { onLine: refusing }).catch(() => undefined);
  await programs.run("sh", ["-c", "true"], { signal: AbortSignal.abort() }).catch(() => undefined);
  expect(reasonOf(() => programs.check("sh" as "ffmpeg"))).toBeNull();
});
