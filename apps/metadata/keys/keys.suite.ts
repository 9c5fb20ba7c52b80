/** What every store of API keys keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import type { OpenStores } from "../videos/videos.suite.ts";
import type { NewApiKeyRecord } from "./store.ts";

const sessionOf = (letter: string, expiresAt: number) => ({
  id: letter.repeat(16),
  sha256: letter.repeat(64),
  keyId: "a".repeat(16),
  expiresAt,
});

const keyOf = (letter: string): NewApiKeyRecord => ({
  id: letter.repeat(16),
  sha256: letter.repeat(64),
  name: letter,
  scopes: ["read", "admin"],
  expiresAt: null,
});

export function keysSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  describe(`the store of API keys in ${name}`, () => {
    test("keys are created, found, listed and touched", async () => {
      await using stores = await open();
      const { apiKeys, clock } = stores;
      expect(await apiKeys.isEmpty()).toBeTrue();
      const created = { ...keyOf("a"), createdAt: clock.now(), lastUsedAt: null, revokedAt: null };
      expect(await apiKeys.create(keyOf("a"))).toEqual(created);
      clock.advance(5);
      await apiKeys.create({ ...keyOf("b"), expiresAt: clock.now() + 1 });
      await apiKeys.touch("a".repeat(16));
      expect(await apiKeys.find("a".repeat(16))).toEqual({ ...created, lastUsedAt: clock.now() });
      expect((await apiKeys.list()).map((key) => key.name)).toEqual(["b", "a"]);
      expect([await apiKeys.find("c".repeat(16)), await apiKeys.isEmpty()]).toEqual([null, false]);
    });

    test("a revoked key stays revoked, also when it is created again", async () => {
      await using stores = await open();
      const { apiKeys, clock } = stores;
      await apiKeys.create(keyOf("a"));
      const id = "a".repeat(16);
      expect([await apiKeys.revoke(id), await apiKeys.revoke(id), await apiKeys.revoke("none")]).toEqual([
        true,
        false,
        false,
      ]);
      expect((await apiKeys.create({ ...keyOf("a"), name: "again" })).revokedAt).toBe(clock.now());
      expect([await apiKeys.list(), await apiKeys.isEmpty()]).toEqual([[], false]);
    });

    test("sessions are created and ended, and expired ones are removed in time", async () => {
      await using stores = await open();
      const { apiKeys, sessions, clock } = stores;
      await apiKeys.create(keyOf("a"));
      const created = await sessions.create(sessionOf("b", clock.now() + 5));
      expect(created).toEqual({ ...sessionOf("b", clock.now() + 5), createdAt: clock.now() });
      await sessions.create(sessionOf("c", clock.now() + 60));
      expect(await sessions.find(created.id)).toEqual(created);
      clock.advance(5);
      await sessions.create(sessionOf("d", clock.now() + 60));
      expect(await sessions.find(created.id)).toBeNull();
      const other = "c".repeat(16);
      expect(await sessions.find(other)).not.toBeNull();
      expect([await sessions.end(other), await sessions.end(other), await sessions.find(other)]).toEqual([
        true,
        false,
        null,
      ]);
      await expect(sessions.create({ ...sessionOf("e", 1), keyId: "none" })).rejects.toThrow("FOREIGN KEY");
    });

    test("two keys never share an id", async () => {
      await using stores = await open();
      await stores.apiKeys.create(keyOf("a"));
      await expect(stores.apiKeys.create({ ...keyOf("b"), id: "a".repeat(16) })).rejects.toThrow("Another key has");
    });
  });
}
