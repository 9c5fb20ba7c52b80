/** A storage folder of a former version opens and goes on: rows of each kind that it could have. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { sweep } from "../handover/sweep.ts";
import { openSourceDirectory } from "../sources/source-directory.ts";
import { setup } from "../test-setup.ts";
import { openUploadDatabase } from "./sqlite-stores.ts";

const migrations = join(import.meta.dirname, "migrations");

/** `uploads.db` as the version before chunks in any order had it, with these rows. */
function openFormer(directory: string, mostMigrations: number): Database {
  const folder = join(directory, "former-migrations");
  mkdirSync(join(folder, "meta"), { recursive: true });
  const journal = JSON.parse(readFileSync(join(migrations, "meta", "_journal.json"), "utf8"));
  const entries = journal.entries.slice(0, mostMigrations);
  writeFileSync(join(folder, "meta", "_journal.json"), JSON.stringify({ ...journal, entries }));
  for (const { tag } of entries) {
    writeFileSync(join(folder, `${tag}.sql`), readFileSync(join(migrations, `${tag}.sql`)));
  }
  const former = new Database(join(directory, "uploads.db"), { create: true });
  former.run("PRAGMA foreign_keys = ON");
  migrate(drizzle({ client: former }), { migrationsFolder: folder });
  return former;
}

test("open uploads of earlier versions continue, and finished ones stay", async () => {
  await using upload = setup((world, { database }) => {
    const directory = join(world, "former");
    database.$client.close();
    const former = openFormer(directory, 4);
    const add = (id: string, known: Record<string, string | number | null>) => {
      const row = { id, filename: "film.mp4", total_chunks: 3, created_at: 1, updated_at: 1_800_000_000, ...known };
      const names = Object.keys(row);
      const marks = names.map(() => "?").join(", ");
      former.run(`insert into uploads (${names.join(", ")}) values (${marks})`, Object.values(row));
    };
    const chunk = (id: string, index: number, offset: number, size: number, whole = true) =>
      former.run("insert into chunks values (?, ?, ?, ?, ?, 1)", [id, index, offset, size, whole]);
    const source = (id: string, text: string) => {
      mkdirSync(join(directory, "uploads", id), { recursive: true });
      writeFileSync(join(directory, "uploads", id, "source"), text);
    };
    // The size was learned of the chunk that came first, and the first one is not here.
    add("learned", { learned_chunk_size_bytes: 2 });
    chunk("learned", 1, 2, 2);
    source("learned", "\0\0cd");
    add("declared", { chunk_size_bytes: 2, file_size_bytes: 5 });
    chunk("declared", 2, 4, 1);
    chunk("declared", 0, 0, 2, false);
    source("declared", "x\0\0\0e");
    add("ordered", {});
    chunk("ordered", 0, 0, 2);
    source("ordered", "ab and what broke off");
    add("assembling", { state: "assembling", total_chunks: 1 });
    chunk("assembling", 0, 0, 3);
    source("assembling", "abc");
    add("assembled", { state: "assembled", source_size_bytes: 4 });
    mkdirSync(join(directory, "originals", "assembled"), { recursive: true });
    writeFileSync(join(directory, "originals", "assembled", "film.mp4"), "done");
    add("done", { state: "handed_over", source_size_bytes: 4, sha256: "ab", title: "A film" });
    add("stream", { appended_bytes: 2, total_chunks: 1 });
    former.close();
    return {
      database: openUploadDatabase(join(directory, "uploads.db"), false),
      store: createDirectoryStore(directory),
      sources: openSourceDirectory(join(directory, "uploads"), "never"),
    };
  });
  const found = async (id: string) => (await upload.send(`GET /upload/${id}`)).body;
  const original = (id: string) => readFileSync(upload.world.path("former", "originals", id, "film.mp4"), "utf8");
  expect(await found("learned")).toMatchObject({ received: [1], bytes_received: 2 });
  expect(await found("declared")).toMatchObject({ received: [2], bytes_received: 1, chunk_size: 2, file_size: 5 });
  expect(await found("ordered")).toMatchObject({ received: [0], bytes_received: 2, state: "receiving" });
  expect(await found("done")).toMatchObject({ state: "handed_over", bytes_received: 4, sha256: "ab", title: "A film" });
  expect(await found("stream")).toMatchObject({ state: "receiving", bytes_received: 2 });

  await upload.chunk("learned", 2, "longer than the others");
  await upload.chunk("learned", 0, "ab");
  await upload.chunk("declared", 1, "cd");
  await upload.chunk("declared", 0, "ab");
  await upload.chunk("ordered", 2, "e");
  await upload.chunk("ordered", 1, "cd");
  for (const id of ["learned", "declared", "ordered"]) expect((await upload.complete(id)).status).toBe(200);
  expect(original("learned")).toBe("abcdlonger than the others");
  expect([original("declared"), original("ordered")]).toEqual(["abcde", "abcde"]);
  await sweep(upload.deps, new AbortController().signal);
  for (const id of ["assembling", "assembled"]) expect((await found(id)).state).toBe("handed_over");
  expect([original("assembling"), original("assembled")]).toEqual(["abc", "done"]);
});
