import { expect, test } from "bun:test";
import { bytesWithout, chunkAt, planChunks } from "./chunk-plan.ts";

const mebibyte = 1024 * 1024;

test.each([0, 1, 5 * mebibyte, 5 * mebibyte + 1, 123 * mebibyte + 7, 2 ** 40])(
  "the chunks of %p bytes meet without gap or overlap",
  (sizeBytes) => {
    const plan = planChunks(sizeBytes);
    expect(plan.count).toBeGreaterThan(0);
    expect(plan.count).toBeLessThanOrEqual(10_000);
    expect(chunkAt(plan, 0).from).toBe(0);
    expect(chunkAt(plan, plan.count - 1).to).toBe(sizeBytes);
    for (const index of [0, 1, Math.floor(plan.count / 2)].filter((at) => at + 1 < plan.count)) {
      expect(chunkAt(plan, index).to).toBe(chunkAt(plan, index + 1).from);
    }
  },
);

test("an upload that was begun with another size keeps it", () => {
  expect(planChunks(10, 4)).toEqual({ sizeBytes: 10, chunkBytes: 4, count: 3 });
});

test("what is there is all but what is missing", () => {
  const plan = planChunks(10, 4);
  expect(bytesWithout(plan, [])).toBe(10);
  expect(bytesWithout(plan, [0, 2])).toBe(4);
  expect(bytesWithout(plan, [0, 1, 2])).toBe(0);
});
