import { expect, test } from "bun:test";
import { findProcess, isAlive } from "./process-table.ts";

test("a child is found with its name and its parent, until it ends", async () => {
  const child = Bun.spawn(["sleep", "100"]);
  expect(findProcess(child.pid)).toEqual({ name: "sleep", parent: process.pid, began: expect.stringMatching(/.+/) });
  child.kill("SIGKILL");
  await child.exited;
  expect(isAlive(child.pid)).toBe(false);
});

test.each([0, -1, 1.5, Number.NaN, 999_999_999])("%p is no process", (pid) => {
  expect(findProcess(pid)).toBeNull();
});
