import { expect, test } from "bun:test";
import { chainToNpm, onceBroken } from "./launcher.ts";

const table =
  (...rows: [pid: number, parent: number, name: string][]) =>
  (wanted: number) => {
    const row = rows.find(([pid]) => pid === wanted);
    return row ? { parent: row[1], name: row[2], began: "0" } : null;
  };

test("the chain ends at npm, not at the shell that npm was started from", () => {
  const find = table([40, 30, "bun"], [30, 20, "sh"], [20, 10, "npm exec bun@1."], [10, 1, "bash"]);
  expect(chainToNpm(find, 40)).toEqual([40, 30, 20]);
});

test("without npm nobody is watched: a shell may end before what it started", () => {
  expect(chainToNpm(table([40, 10, "bun"], [10, 1, "bash"]), 40)).toEqual([]);
});

test("the end of one of them is noticed", async () => {
  const [first, second] = [Bun.spawn(["sleep", "100"]), Bun.spawn(["sleep", "100"])];
  const broken = Promise.withResolvers<void>();
  onceBroken([first.pid, second.pid], broken.resolve, 0.001);
  second.kill();
  await broken.promise;
  expect(first.exitCode).toBeNull();
  first.kill();
  await first.exited;
});
