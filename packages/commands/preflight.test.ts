import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { createWorld } from "@video-backend/testing";
import { portProblem, preflight, programProblem, storageProblem } from "./preflight.ts";
import { readSetup, type Setup } from "./services.ts";

function listen() {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

function uploadOf(setup: Setup) {
  const upload = setup.services.find((service) => service.name === "upload");
  if (!upload) throw new Error("no upload service");
  return upload;
}

test("a taken port is told with the variable that moves the service, a free one is not told", async () => {
  let port: number;
  {
    using taken = listen();
    port = taken.port;
    const setup = readSetup({ UPLOAD_PORT: String(port) });
    expect(await portProblem(uploadOf(setup), setup)).toBe(
      `Port ${port} (upload) is taken by another program; stop that, or set UPLOAD_PORT to another one.`,
    );
  }
  const setup = readSetup({ UPLOAD_PORT: String(port) });
  expect(await portProblem(uploadOf(setup), setup)).toBeNull();
});

test("two services on one port are told by name", async () => {
  const setup = readSetup({ UPLOAD_PORT: "18995", ADMIN_PORT: "18995" });
  expect(await portProblem(uploadOf(setup), setup)).toBe(
    "UPLOAD_PORT and ADMIN_PORT are both 18995; set one of them to another port.",
  );
});

test("a HOST that is no address of this machine is told", async () => {
  const setup = readSetup({ HOST: "192.0.2.1", UPLOAD_PORT: "18995" });
  expect(await portProblem(uploadOf(setup), setup)).toContain("set HOST to an address of this machine");
});

test("a program that is missing and one that does not run are two sentences", async () => {
  await using world = createWorld();
  expect(await programProblem("ffprobe", { PATH: world.directory })).toBe(
    "ffprobe is not on PATH; install FFmpeg, which brings it.",
  );
  writeFileSync(world.path("ffprobe"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  expect(await programProblem("ffprobe", { PATH: world.directory })).toBe(
    "`ffprobe -version` fails with 3; reinstall FFmpeg.",
  );
});

test("a storage directory is made when it can be, leaving nothing in it, and told when it cannot", async () => {
  await using world = createWorld();
  expect(storageProblem(world.path("a", "b"))).toBeNull();
  expect([...new Bun.Glob("**").scanSync({ cwd: world.path("a"), dot: true })]).toEqual([]);
  expect(existsSync(world.path("a", "b"))).toBe(true);
  writeFileSync(world.path("file"), "");
  expect(storageProblem(world.path("file", "storage"))).toMatch(
    /^Cannot write in .*file\/storage \(.+\); set STORAGE_DIR to a directory that can be written\.$/,
  );
});

test("all problems are told at once", async () => {
  await using world = createWorld();
  using first = listen();
  using second = listen();
  writeFileSync(world.path("file"), "");
  const problems = await preflight(
    readSetup({
      UPLOAD_PORT: String(first.port),
      ADMIN_PORT: String(second.port),
      STORAGE_DIR: world.path("file", "storage"),
    }),
  );
  expect(problems.join("\n")).toContain(`Port ${first.port} (upload)`);
  expect(problems.join("\n")).toContain(`Port ${second.port} (admin)`);
  expect(problems.join("\n")).toContain("set STORAGE_DIR");
});
