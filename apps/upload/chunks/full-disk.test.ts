/**
 * A disk that really is full: a small file system in memory, on which sources, originals and the database lie. Needs the
 * right to mount, and is skipped without it.
 */
import { afterAll, expect, test } from "bun:test";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld } from "@video-backend/testing";
import { createDisk } from "../admission/room.ts";
import { openUploadDatabase } from "../database/sqlite-stores.ts";
import { openSourceDirectory } from "../sources/source-directory.ts";
import { setup } from "../test-setup.ts";
import { expireUpload } from "../uploads/delete-upload.ts";

const mebibyte = 1024 ** 2;
const world = createWorld();
const mountPoint = world.path("disk");
const canMount = Bun.spawnSync(["sh", "-c", `mkdir ${mountPoint} && mount -t tmpfs -o size=8m tmpfs ${mountPoint}`]);

/** A service whose storage is a folder of its own on the small disk. */
function setupOnDisk() {
  const directory = join(mountPoint, crypto.randomUUID());
  const upload = setup((_, { limits, database }) => {
    database.$client.close();
    return {
      database: openUploadDatabase(join(directory, "uploads.db"), false),
      store: createDirectoryStore(directory),
      sources: openSourceDirectory(join(directory, "uploads"), "chunk"),
      disk: createDisk(directory),
      limits: { ...limits, lowWaterBytes: 0 },
    };
  });
  upload.world.defer(() => rmSync(directory, { recursive: true, force: true }));
  const ballast = join(directory, "ballast");
  return {
    ...upload,
    directory,
    /** Takes all the room but this much, or none of it. */
    leave(bytes: number) {
      const { bavail, bsize } = statfsSync(directory);
      writeFileSync(ballast, new Uint8Array(bavail * bsize - bytes));
    },
    begin: () => upload.send("POST /upload/init", { json: { filename: "film.mp4", total_chunks: 1 } }),
    makeRoom: () => rmSync(ballast),
    state: async (id: string) => (await upload.send(`GET /upload/${id}`)).body,
    put: (id: string, index: number, body: BodyInit) => upload.send(`PUT /upload/${id}/chunks/${index}`, { body }),
  };
}

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

test.skipIf(!canMount.success)("a file that is larger than the disk is refused at init, with the figures", async () => {
  await using upload = setupOnDisk();
  const asked = { filename: "film.mp4", total_chunks: 4, file_size: 9 * mebibyte };
  const reply = await upload.send("POST /upload/init", { json: asked });
  expect(reply).toMatchObject({ status: 507, body: { needed_bytes: 18 * mebibyte, promised_bytes: 0 } });
  expect(reply.body.free_bytes).toBeGreaterThan(4 * mebibyte);
  expect(reply.body.free_bytes).toBeLessThanOrEqual(8 * mebibyte);
});

test.skipIf(!canMount.success).each(["form", "raw body"])(
  "a disk that fills in the middle of a chunk: 507, what is here stays, and the upload goes on (%s)",
  async (kind) => {
    await using upload = setupOnDisk();
    const id = await upload.init(3, { chunk_size: mebibyte });
    const send = (index: number, length: number) =>
      kind === "form"
        ? upload.chunk(id, index, String(index).repeat(length))
        : upload.put(id, index, bytes(length, 48 + index));
    expect((await send(0, mebibyte)).status).toBe(200);
    upload.leave(mebibyte / 2);
    const full = await send(1, mebibyte);
    expect(full).toMatchObject({ status: 507, body: { type: "urn:video-backend:problem:storage_full" } });
    expect(await upload.state(id)).toMatchObject({ received: [0], missing: [1, 2], bytes_received: mebibyte });
    upload.makeRoom();
    for (const index of [2, 1]) expect((await send(index, mebibyte)).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
    const original = await Bun.file(join(upload.directory, "originals", id, "film.mp4")).bytes();
    const expected = Buffer.concat([0, 1, 2].map((index) => bytes(mebibyte, 48 + index)));
    expect(Buffer.compare(original, expected)).toBe(0);
  },
);

test.skipIf(!canMount.success).each(["a delete", "an upload that expires"])(
  "on a disk without a byte left every request is told so, and %s makes room",
  async (what) => {
    await using upload = setupOnDisk();
    const large = await upload.init(1);
    expect((await upload.put(large, 0, bytes(3 * mebibyte, 1))).status).toBe(200);
    const whole = await upload.init(1);
    expect((await upload.put(whole, 0, bytes(1000, 1))).status).toBe(200);
    upload.leave(0);
    // The database has some room of its own, in pages that it has: how many rows go into it is not said.
    const begun = await Promise.all(Array.from({ length: 50 }, () => upload.begin()));
    for (const { status } of begun) expect(status).toBe(507);
    expect((await upload.put(large, 0, bytes(3 * mebibyte, 2))).status).toBe(507);
    expect([200, 507]).toContain((await upload.complete(whole)).status);
    expect((await upload.state(large)).received).toEqual([0]);
    if (what === "a delete") expect((await upload.send(`DELETE /upload/${large}`)).status).toBe(200);
    else {
      upload.world.clock.advance(upload.deps.limits.idleSeconds);
      expect(await expireUpload(upload.deps, large)).toBeTrue();
    }
    expect((await upload.send(`GET /upload/${large}`)).status).toBe(404);
    expect((await upload.complete(whole)).status).toBe(200);
    expect((await upload.begin()).status).toBe(200);
  },
);

afterAll(async () => {
  if (canMount.success) Bun.spawnSync(["umount", "--lazy", mountPoint]);
  await world[Symbol.asyncDispose]();
});
