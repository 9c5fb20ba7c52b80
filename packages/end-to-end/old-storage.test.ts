/**
 * Storage folders of versions that were landed before, as `fixtures/make-storage.ts` left them: killed in the middle of a
 * transcode and of an upload. They open with this version, their videos play, and their jobs and uploads go on.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "@video-backend/testing";
import { $, Glob } from "bun";
import { inspectStream } from "./inspect-stream.ts";
import { startSystem } from "./system.ts";

type Ids = Record<"finished" | "private" | "stopped" | "incomplete" | "running", string>;
interface Status {
  overall: string;
  error?: string;
}

const fixtures = join(import.meta.dirname, "fixtures");
const archives = [...new Glob("storage-*.tar.gz").scanSync(fixtures)];

test.each(archives)(
  "%s opens, plays and goes on",
  async (archive) => {
    await using system = await startSystem({}, (storage) => $`tar -C ${storage} -xzf ${join(fixtures, archive)}`);
    const { upload, transcoding, metadata, streaming } = system.url;
    const ids: Ids = await Bun.file(join(system.storage, "ids.json")).json();
    const statusOf = async (id: string) =>
      (await (await fetch(`${transcoding}/transcode/status/${id}`)).json()) as Status;
    const segments = async (id: string) => {
      const files = await $`find ${join(system.storage, "hls", id)} -name "segment-*.m4s" -printf "%P %i %s\n"`.text();
      return new Set(files.trim().split("\n"));
    };
    const before = { stopped: await segments(ids.stopped), running: await segments(ids.running) };
    const framesOf = async (id: string) => {
      const { videos, audios } = await inspectStream(`${streaming}/stream/${id}/master.m3u8`);
      const broken = [...videos, ...audios].flatMap(({ decodeErrors }) => decodeErrors);
      expect([audios.length, broken]).toEqual([1, []]);
      return videos.map(({ frames }) => frames);
    };

    expect(await framesOf(ids.finished)).toEqual([40]);
    const master = await (await fetch(`${streaming}/stream/${ids.finished}/master.m3u8`)).text();
    expect(master).toContain("A finished one");
    const captions = await fetch(`${streaming}/stream/${ids.finished}/subtitles/en/subtitles.vtt`);
    expect(await captions.text()).toContain("Hello");

    expect((await fetch(`${streaming}/stream/${ids.private}/master.m3u8`)).status).toBe(403);
    const asked = await fetch(`${metadata}/videos/${ids.private}/playback-token`, { method: "POST" });
    const { paths } = (await asked.json()) as { paths: { master: string } };
    expect((await fetch(`${streaming}${paths.master}`)).status).toBe(200);

    await until("the one that was running is done", async () => (await statusOf(ids.running)).overall === "ok", 60);
    expect(await framesOf(ids.running)).toEqual([400]);
    expect((await statusOf(ids.stopped)).overall).toBe("stopped");
    await fetch(`${metadata}/videos/${ids.stopped}/resume`, { method: "PUT" });
    await until("the one that was stopped is done", async () => (await statusOf(ids.stopped)).overall === "ok", 60);
    expect(await framesOf(ids.stopped)).toEqual([400]);
    // What was made then was not made again.
    for (const which of ["stopped", "running"] as const) {
      expect(before[which].size).toBeGreaterThan(2);
      const after = await segments(ids[which]);
      expect([...before[which]].filter((file) => !after.has(file))).toEqual([]);
    }

    const source = Bun.file(join(system.storage, "incomplete.mp4"));
    const chunkBytes = Math.ceil(source.size / 3);
    const form = new FormData();
    form.append("upload_id", ids.incomplete);
    form.append("index", "1");
    form.append("file", source.slice(chunkBytes, 2 * chunkBytes));
    expect((await fetch(`${upload}/upload/chunk`, { method: "POST", body: form })).status).toBe(200);
    const complete = new FormData();
    complete.append("upload_id", ids.incomplete);
    expect((await fetch(`${upload}/upload/complete`, { method: "POST", body: complete })).status).toBe(200);
    const original = Bun.file(join(system.storage, "originals", ids.incomplete, "incomplete.mp4"));
    expect(Bun.hash(await original.bytes())).toBe(Bun.hash(await source.bytes()));
    await until("what was uploaded is done", async () => (await statusOf(ids.incomplete)).overall === "ok", 60);
  },
  240_000,
);
