/** What every store of upload tokens keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import { ServiceError } from "@video-backend/service";
import { film, type OpenStores } from "../uploads/uploads.suite.ts";

const tokenOf = (id: string, expiresAt: number) => ({
  id,
  sha256: id.repeat(64),
  title: "Holiday",
  visibility: "private" as const,
  maxBytes: 10,
  expiresAt,
});
const admitAll = () => {};

export function tokensSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  describe(`the store of upload tokens in ${name}`, () => {
    test("a token is found until it expires or is deleted", async () => {
      await using stores = await open();
      const { tokens, clock } = stores;
      const [a, b] = [tokenOf("a", clock.now() + 10), tokenOf("b", clock.now() + 20)];
      for (const token of [a, b]) await tokens.create(token);
      expect(await tokens.find("a")).toEqual({ ...a, uploadId: null });
      expect(await tokens.find("c")).toBeNull();
      clock.advance(10);
      expect([await tokens.find("a"), (await tokens.find("b"))?.id]).toEqual([null, "b"]);
      await tokens.deleteExpired();
      expect([await tokens.delete("a"), await tokens.delete("b"), await tokens.delete("b")]).toEqual([
        false,
        true,
        false,
      ]);
      expect(await tokens.find("b")).toBeNull();
    });

    test("a token starts one upload, whoever asks at the same time, and no other when that is deleted", async () => {
      await using stores = await open();
      const { tokens, uploads, clock } = stores;
      await tokens.create(tokenOf("a", clock.now() + 10));
      const started = await Promise.all(["1", "2", "3"].map((id) => uploads.create(film(id), admitAll, "a")));
      expect(started.filter((isStarted) => isStarted)).toHaveLength(1);
      expect(await uploads.list()).toHaveLength(1);
      const { uploadId } = (await tokens.find("a")) ?? {};
      expect((await uploads.list())[0]?.id).toBe(uploadId as string);
      await uploads.delete(uploadId as string);
      expect(await uploads.create(film("4"), admitAll, "a")).toBeFalse();
    });

    test("an upload that is not admitted leaves the token unused; a deleted token starts none", async () => {
      await using stores = await open();
      const { tokens, uploads, clock } = stores;
      await tokens.create(tokenOf("a", clock.now() + 10));
      const refusal = new ServiceError("storage_full", "no");
      const refuse = () => {
        throw refusal;
      };
      await expect(uploads.create(film("1"), refuse, "a")).rejects.toBe(refusal);
      expect((await tokens.find("a"))?.uploadId).toBeNull();
      await tokens.delete("a");
      expect([await uploads.create(film("1"), admitAll, "a"), await uploads.find("1")]).toEqual([false, null]);
    });
  });
}
