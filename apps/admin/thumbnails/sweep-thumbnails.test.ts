import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";
import { sweepThumbnails } from "./sweep-thumbnails.ts";

test("thumbnails of videos that are gone are removed, those of videos that may come back are kept", async () => {
  await using world = createWorld();
  const admin = createTestAdmin(world);
  const send = transcript(admin.metadata);
  const deps = { store: admin.store, services: admin.services, log: world.log };
  for (const hash of ["known", "deleted"]) await send("POST /videos", { json: { hash, filename: "a.mp4" } });
  await send("DELETE /videos/deleted");
  for (const id of ["known", "deleted", "nobody", "lost", "not an id"]) {
    await admin.store.put(`thumbnails/${id}/thumbnail.png`, "video");
  }
  await admin.store.put("originals/deleted/a.mp4", "still there");
  await admin.store.put("originals/lost/a.mp4", "film");
  const never = new AbortController().signal;
  admin.lose("metadata");
  await expect(sweepThumbnails(deps, never)).rejects.toThrow("Metadata service unavailable");
  expect((await admin.store.list("thumbnails")).length).toBe(5);
  admin.bringBack("metadata");
  await sweepThumbnails(deps, never);
  expect((await admin.store.list("thumbnails")).sort()).toEqual(["known", "lost", "not an id"]);
});
