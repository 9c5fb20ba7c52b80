import { expect, test } from "bun:test";
import { createTurns } from "./turns.ts";

test("works of one key run one after another, also behind one that fails; another key's does not wait", async () => {
  const turns = createTurns();
  const gate = Promise.withResolvers<void>();
  const told: string[] = [];
  const first = turns.take("a", async () => {
    await gate.promise;
    told.push("first");
    throw new Error("no");
  });
  const second = turns.take("a", () => Promise.resolve(told.push("second")));
  await turns.take("b", () => Promise.resolve(told.push("other")));
  gate.resolve();
  expect(first).rejects.toThrow("no");
  await second;
  expect(told).toEqual(["other", "first", "second"]);
});
