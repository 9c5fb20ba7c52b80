import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld } from "@video-backend/testing";
import { runKeys } from "./run-keys.ts";

test("keys are created, listed and revoked by command", async () => {
  await using world = createWorld();
  const { client } = createTestMetadata(world);
  expect(await runKeys(client, ["list"], undefined)).toEqual(["There are no keys."]);
  const [told = "", key] = await runKeys(client, ["create", "my site", "upload", "read"], "3600");
  expect(key).toMatch(/^vb_[\w-]{43}$/);
  const id = told.split(" ")[1]?.replace(",", "") ?? "";
  const [line] = await runKeys(client, ["list"], undefined);
  expect(line).toMatch(new RegExp(`^${id}  read,upload  expires \\d{4}-.*  last used never  my site$`));
  expect(await runKeys(client, ["revoke", id], undefined)).toEqual([`Revoked ${id}.`]);
  expect(await runKeys(client, ["list"], undefined)).toEqual(["There are no keys."]);
});

test.each([[[]], [["create", "name"]], [["create", "name", "root"]], [["list", "all"]], [["revoke"]]])(
  "%p is answered with the usage",
  async (words: string[]) => {
    await using world = createWorld();
    await expect(runKeys(createTestMetadata(world).client, words, undefined)).rejects.toThrow(
      "bun run keys create NAME",
    );
  },
);
