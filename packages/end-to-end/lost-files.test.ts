/** Files that are lost come back when a player wants them, and those of deleted videos are gone whichever service was down. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

test("a finished video plays on after its files were removed, and is gone after it was deleted while the others were down", async () => {
  await using world = createWorld();
  await using system = await startSystem();
  const { storage, url } = system;
  const id = await uploadFile(system, await makeClip(world.path("clip.mp4"), { seconds: 2, width: 320, height: 180 }));
  const finished = () => existsSync(join(storage, "hls", id, "finished.json"));
  await until("it is finished", finished, 60);
  const [init = ""] = (await readdir(join(storage, "hls", id, "360p"))).filter((name) => name.startsWith("init-"));
  const get = (path: string) => fetch(`${url.streaming}/stream/${id}/${path}`);
  const files = [
    "master.m3u8",
    "360p/playlist.m3u8",
    `360p/${init}`,
    "360p/segment-00000.m4s",
    "audio/segment-00000.m4s",
  ];
  for (const path of [...files, "poster.jpg"]) {
    await rm(join(storage, "hls", id, path));
    expect([path, (await get(path)).status]).toEqual([path, 200]);
    await until("it is finished again", finished, 60);
  }
  await rm(join(storage, "hls", id), { recursive: true });
  for (const path of ["master.m3u8", ...files]) expect([path, (await get(path)).status]).toEqual([path, 200]);
  await until("it is finished again", finished, 60);

  for (const name of ["transcoding", "upload", "admin"] as const) await system.kill(name);
  expect((await fetch(`${url.metadata}/videos/${id}`, { method: "DELETE" })).status).toBe(200);
  for (const name of ["upload", "transcoding"] as const) await system.start(name);
  await until("its files are gone", () =>
    ["hls", "originals"].every((folder) => !existsSync(join(storage, folder, id))),
  );
  expect((await get("master.m3u8")).status).toBe(404);
  expect((await fetch(`${url.transcoding}/transcode/status/${id}`)).status).toBe(404);
  expect((await fetch(`${url.upload}/upload/${id}`)).status).toBe(404);
}, 200_000);
