import { expect, test } from "bun:test";
import type { FileHandle } from "node:fs/promises";
import { createGroupSync } from "./group-sync.ts";

/** A file whose syncs end when the test says so. */
function heldFile() {
  const syncs: PromiseWithResolvers<void>[] = [];
  const datasync = () => {
    const sync = Promise.withResolvers<void>();
    syncs.push(sync);
    return sync.promise;
  };
  return { file: { datasync } as FileHandle, syncs };
}

test("whoever asks while a sync is under way waits for the next one, which all of them share", async () => {
  const sync = createGroupSync();
  const { file, syncs } = heldFile();
  const done: string[] = [];
  const ask = (who: string) => sync("a", file).then(() => done.push(who));
  const asked = [ask("first"), ask("second"), ask("third")];
  expect(syncs).toHaveLength(1);
  syncs[0]?.resolve();
  await asked[0];
  expect(done).toEqual(["first"]);
  await Promise.resolve();
  expect(syncs).toHaveLength(2);
  const later = ask("later");
  syncs[1]?.resolve();
  await Promise.all(asked);
  expect(done).toEqual(["first", "second", "third"]);
  await Promise.resolve();
  syncs[2]?.resolve();
  await later;
  expect(syncs).toHaveLength(3);
});

test("files do not wait for each other, and a sync that fails fails those who share it alone", async () => {
  const sync = createGroupSync();
  const [one, other] = [heldFile(), heldFile()];
  const failing = sync("a", one.file);
  const well = sync("b", other.file);
  const after = sync("a", one.file);
  other.syncs[0]?.resolve();
  await well;
  one.syncs[0]?.reject(new Error("EIO"));
  await expect(failing).rejects.toThrow("EIO");
  while (one.syncs.length < 2) await Promise.resolve();
  one.syncs[1]?.resolve();
  expect(await after).toBeUndefined();
});
