/** Folders of the older systems, made here by ffmpeg as they made theirs, imported twice. */

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, statSync, utimesSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, makeClip, until, type World } from "@video-backend/testing";
import { $ } from "bun";
import { inspectStream } from "./inspect-stream.ts";
import { chromiumPath, openPlayer } from "./player.ts";
import { runCommand } from "./run-command.ts";
import { type System, startSystem } from "./system.ts";

const ids = { whole: "a1b2c3d4e5f6", odd: "x-1_Y", stopped: "5f3a9c", lost: "deadbeef", strange: "not an id" };
const oddName = "Ünïcode & 100% «fïlm»?.mp4";

type Row = { hash: string; filename: string; thumbnail: string | null; stopped: number };
const rows: Row[] = [
  { hash: ids.whole, filename: "holiday.mp4", thumbnail: "thumbnail.jpg", stopped: 0 },
  { hash: ids.odd, filename: oddName, thumbnail: null, stopped: 0 },
  { hash: ids.stopped, filename: "stopped.mp4", thumbnail: null, stopped: 1 },
  { hash: ids.lost, filename: "gone.mp4", thumbnail: null, stopped: 0 },
  { hash: ids.strange, filename: "strange.mp4", thumbnail: null, stopped: 0 },
];

/** @param place where the folder for the source and that for the streams of a video are */
async function makeOldStorage(
  world: World,
  root: string,
  place: (hash: string) => { source: string; streams: string },
) {
  mkdirSync(root, { recursive: true });
  const clip = await makeClip(world.path(`clip-${crypto.randomUUID()}.mp4`), {
    seconds: 2,
    width: 320,
    height: 180,
    extra: ["-g", "25"],
  });
  using database = new Database(join(root, "videos.db"));
  database.run(
    "CREATE TABLE videos (id INTEGER PRIMARY KEY, hash TEXT UNIQUE, filename TEXT, thumbnail_filename TEXT, original_resolution TEXT, " +
      "original_quality_label TEXT, stopped INTEGER DEFAULT 0)",
  );
  for (const { hash, filename, thumbnail, stopped } of rows) {
    database.run(
      "INSERT INTO videos (hash, filename, thumbnail_filename, original_resolution, original_quality_label, stopped) VALUES (?, ?, ?, '320x180', '360p', ?)",
      [hash, filename, thumbnail, stopped],
    );
    const { source, streams } = place(hash);
    for (const folder of [source, join(streams, "360p")]) mkdirSync(folder, { recursive: true });
    if (hash !== ids.lost) await copyFile(clip, join(source, filename));
    if (thumbnail) await $`ffmpeg -v error -i ${clip} -frames:v 1 ${join(source, thumbnail)}`.quiet();
    await Bun.write(join(streams, ".transcode_status.json"), "{}");
    await $`ffmpeg -v error -i ${clip} -c copy -f hls -hls_time 1 -hls_list_size 0 -hls_segment_filename ${join(streams, "360p", "segment_%03d.ts")} ${join(streams, "360p", "playlist.m3u8")}`.quiet();
    await Bun.write(
      join(streams, "master.m3u8"),
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=1100000,RESOLUTION=320x180\n360p/playlist.m3u8\n",
    );
  }
  await Bun.write(join(place("nobodys").source, "film.mp4"), "film");
  await Bun.write(join(place(ids.whole).source, "notes.txt"), "mine");
}

const layouts = {
  monolith: (root: string) => (hash: string) => ({
    source: join(root, "videos", hash),
    streams: join(root, "videos", hash),
  }),
  shared_storage: (root: string) => (hash: string) => ({
    source: join(root, "shared_storage", "originals", hash),
    streams: join(root, "shared_storage", "hls", hash),
  }),
};

const stateOf = async (system: System) => {
  const { videos } = (await (await fetch(`${system.url.metadata}/videos?sort=oldest`)).json()) as {
    videos: Record<string, unknown>[];
  };
  return videos.map(({ hash, filename, title, thumbnail_filename, stopped, sha256 }) => ({
    ...{ hash, filename, title, thumbnail_filename, stopped, sha256 },
  }));
};

test.each(["monolith", "shared_storage"] as const)(
  "a folder of the %s is imported: it plays at once and after the encode, and a second import changes nothing",
  async (layout) => {
    await using world = createWorld();
    await using system = await startSystem({ AUTH: "open" });
    const root = world.path("old");
    await makeOldStorage(world, layout === "monolith" ? root : join(root, "shared_storage"), layouts[layout](root));
    const listing = async () => (await readdir(root, { recursive: true })).sort();
    const before = await listing();
    const urls = Object.fromEntries(
      Object.entries(system.url).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]),
    );
    const environment = { STORAGE_DIR: system.storage, ...urls };
    const stream = (id: string, path = "master.m3u8") => `${system.url.streaming}/stream/${id}/${path}`;

    const tried = await runCommand("import", [root, "--dry-run"], environment);
    expect([tried.errors, tried.lines.at(-1)]).toEqual(["", expect.stringContaining("Would import 4 of 5 videos")]);
    expect(await stateOf(system)).toEqual([]);

    const imported = await runCommand("import", [root], environment);
    expect([imported.exitCode, imported.errors]).toEqual([1, ""]);
    expect(imported.lines.at(-1)).toContain("Imported 4 of 5 videos; 0 were here already, 2 are not whole, ");
    const said = imported.lines.join("\n");
    for (const words of ["its source is lost", "its id cannot be one here", "notes.txt; it stays", "nobodys; it stays"])
      expect(said).toContain(words);
    expect(await listing()).toEqual(before);
    expect(await stateOf(system)).toMatchObject([
      { hash: ids.whole, filename: "holiday.mp4", thumbnail_filename: "thumbnail.jpg", stopped: 0 },
      { hash: ids.odd, filename: oddName, stopped: 0, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { hash: ids.stopped, stopped: 1 },
      { hash: ids.lost, filename: "gone.mp4" },
    ]);

    // What nothing is made of plays as it was; a player of it may change the quality after ours were published.
    for (const id of [ids.stopped, ids.lost]) {
      const master = await (await fetch(stream(id))).text();
      expect(master).toContain("360p/earlier.m3u8");
      for (const path of ["360p/playlist.m3u8", "360p/earlier.m3u8", "360p/segment_000.ts", "360p/segment_001.ts"])
        expect([path, (await fetch(stream(id, path))).status]).toEqual([path, 200]);
      const decoded =
        await $`ffprobe -v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 ${stream(id)}`.text();
      expect(Number.parseInt(decoded, 10)).toBe(50);
    }
    const isPlayed = chromiumPath !== null && layout === "monolith";
    if (isPlayed) {
      await using player = await openPlayer(stream(ids.stopped));
      await player.playsPast(0.5);
      // hls.js tells of a hole where ffmpeg's MPEG-TS begins with audio, and goes over it.
      expect((await player.errors()).filter((error) => error.endsWith("fatal"))).toEqual([]);
    }

    const finished = (id: string) => join(system.storage, "hls", id, "finished.json");
    for (const id of [ids.whole, ids.odd]) {
      await until(`${id} is made`, () => existsSync(finished(id)), 150);
      const { videos, audios } = await inspectStream(stream(id));
      expect([videos.map(({ frames }) => frames), audios.length]).toEqual([[50], 1]);
      // Whoever watches the old ones goes on.
      expect((await fetch(stream(id, "360p/segment_001.ts"))).status).toBe(200);
    }
    if (isPlayed) {
      await using player = await openPlayer(stream(ids.whole));
      await player.playsPast(0.5);
      expect(await player.errors()).toEqual([]);
    }
    const state = await stateOf(system);
    const files = async () =>
      (await readdir(system.storage, { recursive: true })).filter((name) => /^(hls|originals|thumb)/.test(name)).sort();
    const there = await files();
    const again = await runCommand("import", [root], environment);
    expect(again.lines.at(-1)).toContain("Imported 0 of 5 videos; 4 were here already");
    expect([await stateOf(system), await files()]).toEqual([state, there]);

    const longAgo = new Date(Date.now() - 24 * 3600 * 1000);
    utimesSync(finished(ids.whole), longAgo, longAgo);
    await fetch(`${system.url.transcoding}/transcode/janitor`, { method: "POST" });
    expect(
      (await readdir(join(system.storage, "hls", ids.whole, "360p"))).filter((name) => /\.ts$|^earlier/.test(name)),
    ).toEqual([]);
    expect((await fetch(stream(ids.odd, "360p/segment_001.ts"))).status).toBe(200);
    expect(statSync(join(system.storage, "originals", ids.whole, "holiday.mp4")).size).toBeGreaterThan(1000);
    const checked = await runCommand("check", [], environment);
    expect(checked.lines.at(-1)).toContain(": 1 lost, 0 stray, 0 different.");
  },
  300_000,
);
