import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { probe, run } from "@video-backend/media";
import { addSubtitles, type SubtitleTrackOfClip, until } from "@video-backend/testing";
import { mediaFolder } from "@video-backend/testing/media";
import { followFeed } from "../reconcile/follow-feed.ts";
import { setup } from "../test-setup.ts";
import { createTestTranscoding, placeOriginal, type TestTranscodingOptions } from "../testing.ts";

const subrip = (text: string, second = 1) => `1\n00:00:0${second},000 --> 00:00:0${second},500\n${text}\n`;
const english: SubtitleTrackOfClip = { text: subrip("Hello"), codec: "subrip", language: "eng" };
const ass = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic
Style: Default,Arial,20,0,0

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:01.50,Default,,0,0,0,,{\\fad(100,100)\\pos(3,4)}Hallo {\\i1}Welt{\\i0}\\Nzwei\\hdrei
Dialogue: 0,0:00:01.00,0:00:01.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}
`;

/** A transcoding service, and a way to place a clip with subtitles under the id `a`. */
async function setupWithSubtitles(options: TestTranscodingOptions = {}) {
  const app = await setup(options);
  const { world, metadata } = app;
  return {
    ...app,
    async place(filename: string, tracks: SubtitleTrackOfClip[], beginsAtSeconds = 0) {
      const plain = await placeOriginal(world, metadata, "a", { seconds: 3 }, "plain.mkv");
      await addSubtitles(plain, world.path("originals", "a", filename), tracks, beginsAtSeconds);
      await app.start("a", { filename });
      return plain;
    },
    file: (path: string) => Bun.file(world.path("hls", "a", path)).text(),
    async master() {
      const lines = (await Bun.file(world.path("hls", "a", "master.m3u8")).text()).split("\n");
      return lines.filter((line) => line.includes("TYPE=SUBTITLES"));
    },
    save: (lang: string, text: string, query = "") =>
      metadata.service.request(`/videos/a/captions/${lang}${query}`, { method: "PUT", body: text }),
    /** Lets transcoding follow metadata's feed, until what comes back is called. */
    follow(deps = app.deps) {
      const server = Bun.serve({ port: 0, fetch: (request) => metadata.service.fetch(request), idleTimeout: 0 });
      const abort = new AbortController();
      const following = followFeed(deps, `${server.url}videos/events`, abort.signal);
      const unfollow = async () => {
        abort.abort();
        await following;
        await server.stop(true);
      };
      world.defer(unfollow);
      return unfollow;
    },
  };
}

test("cues that are no UTF-8 are recoded by the track's language, which is said, and those that are stay", async () => {
  await using app = await setup();
  const plain = await placeOriginal(app.world, app.metadata, "a", { seconds: 3 }, "plain.mkv");
  const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const cue = (second: number, text: Uint8Array) =>
    Buffer.concat([bytes(`${second + 1}\n00:00:0${second},000 --> 00:00:0${second},500\n`), text, bytes("\n\n")]);
  const utf8 = cue(0, new TextEncoder().encode("été"));
  // A quotation mark of Windows-1252, and a byte that only ISO-8859-1 has a character for.
  const western = Buffer.concat([utf8, cue(1, bytes("caf\xe9 \x93x\x94")), cue(2, bytes("\x81\xe8"))]);
  const russian = Buffer.concat([utf8, cue(1, bytes("\xcf\xf0\xe8\xe2\xe5\xf2"))]);
  const files = await Promise.all(
    [western, russian].map(async (text, index) => {
      await Bun.write(app.world.path(`${index}.srt`), text);
      return ["-f", "srt", "-i", app.world.path(`${index}.srt`)];
    }),
  );
  const maps = ["-map", "0", "-map", "1", "-map", "2", "-metadata:s:s:1", "language=rus", "-c", "copy"];
  const target = app.world.path("originals", "a", "clip.mkv");
  expect(await run("ffmpeg", ["-v", "error", "-i", plain, ...files.flat(), ...maps, target])).toMatchObject({
    exitCode: 0,
  });
  await app.start("a", { filename: "clip.mkv" });
  expect((await app.overall("a", "ok")).warnings).toEqual([
    'The subtitles "Subtitles" are not UTF-8 throughout: the rest is read as WINDOWS-1252, then ISO-8859-1',
    'The subtitles "Russian" are not UTF-8 throughout: the rest is read as WINDOWS-1251',
  ]);
  const textOf = async (folder: string) => {
    const text = await Bun.file(app.world.path("hls", "a", "subtitles", folder, "subtitles.vtt")).text();
    return text.split("\n").filter((line) => /^[^\d\sWX]/.test(line));
  };
  expect(await textOf("1")).toEqual(["été", "café “x”", "\u0081è"]);
  expect(await textOf("2-ru")).toEqual(["été", "Привет"]);
});

describe("tracks of the source", () => {
  test("become WebVTT renditions of the master, told in the status", async () => {
    await using app = await setupWithSubtitles();
    await app.place("clip.mkv", [
      { ...english, title: "Captions" },
      { text: ass, codec: "ass", language: "ger", disposition: "default" },
      { text: subrip("{\\an8}"), codec: "subrip" },
    ]);
    const status = await app.overall("a", "ok");
    expect(status.subtitles).toEqual([
      {
        name: "Captions",
        language: "en",
        path: "subtitles/1-en/playlist.m3u8",
        source: "embedded",
        codec: "subrip",
      },
      { name: "German", language: "de", path: "subtitles/2-de/playlist.m3u8", source: "embedded", codec: "ass" },
    ]);
    expect(status.left_out).toEqual([
      { kind: "subtitles", name: "Subtitles", language: null, codec: "subrip", reason: "It is empty" },
    ]);
    expect(await app.master()).toEqual([
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Captions",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles/1-en/playlist.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="German",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="subtitles/2-de/playlist.m3u8"',
    ]);
    expect(await app.file("subtitles/1-en/playlist.m3u8")).toMatch(/#EXT-X-TARGETDURATION:3\n.*\n#EXTINF:3\.\d+,\nsub/);
    expect(await app.file("subtitles/2-de/subtitles.vtt")).toMatch(
      /^WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01.0\d\d --> 00:00:01.5\d\d\nHallo <i>Welt<\/i>\nzwei\u00a0drei\n$/,
    );
    expect(await readdir(app.world.path("transcoding"))).toEqual([]);
  });

  test.each([
    ["clip.mkv", "subrip", 2355],
    ["clip.mp4", "mov_text", 1.46],
    ["clip.mov", "mov_text", 0],
    ["clip.flv", "text", 0],
  ])("are in step with the video in a %s of %s that begins at %d s", async (filename, codec, begin) => {
    await using app = await setupWithSubtitles();
    const plain = await app.place(filename, [{ ...english, codec }], begin);
    const status = await app.overall("a", "ok");
    expect(status.subtitles).toHaveLength(1);
    const [folder = ""] = await readdir(app.world.path("hls", "a", "subtitles"));
    const [, start] = /:(\d\d\.\d{3}) -->/.exec(await app.file(`subtitles/${folder}/subtitles.vtt`)) ?? [];
    const first = (await app.deps.ledger.list("a")).find(
      (segment) => segment.rendition === "360p" && segment.index === 0,
    );
    // As they were put together: the first frame a moment after the first audio, and the cue a second after that.
    const { video } = await probe(plain, run);
    expect(video?.startSeconds).toBeGreaterThan(0.01);
    expect(Number(start) - (first?.startSeconds ?? 0)).toBeCloseTo(1 - (video?.startSeconds ?? 0), 2);
  });

  test("that ffmpeg fails on are left out with the reason, the others are there, and the job is well", async () => {
    await using app = await setupWithSubtitles({
      run: async (command, args, options) => {
        if (args.includes("webvtt") && args.includes("0:3")) {
          return { exitCode: 1, signalName: null, timedOut: false, errors: "Broken track\nConversion failed!" };
        }
        return run(command, args, options);
      },
    });
    await app.place("clip.mkv", [english, { ...english, language: "deu" }]);
    const status = await app.overall("a", "ok");
    expect(status.subtitles.map(({ language }) => language)).toEqual(["en"]);
    expect(status.left_out).toMatchObject([
      { language: "de", reason: "ffmpeg could not take it out: Broken track; Conversion failed!" },
    ]);
  });
});

test("closed captions within the video are told as left out", async () => {
  await using app = await setup({
    run: (command, args, options) => {
      if (args.includes("frame=side_data_list:side_data=side_data_type"))
        options?.onLine?.("ATSC A53 Part 4 Closed Captions");
      return run(command, args, options);
    },
  });
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
  await app.start("a");
  const { subtitles, left_out } = await app.overall("a", "ok");
  expect(subtitles).toEqual([]);
  expect(left_out).toEqual([
    {
      kind: "subtitles",
      name: "Closed captions",
      language: null,
      codec: "eia_608",
      reason: "Closed captions (eia_608) are not taken",
    },
  ]);
});

describe("tracks of no end", () => {
  test("are ended: text that is too large is left out, and so is what cannot be read in time", async () => {
    let large = true;
    await using app = await setupWithSubtitles({
      run: async (command, args, options) => {
        if (!args.includes("webvtt")) return run(command, args, options);
        if (!large) return { exitCode: null, signalName: "SIGKILL", timedOut: true, errors: "" };
        const path = args.find((argument) => argument.endsWith(".vtt"))?.replace("file:", "") ?? "";
        await Bun.write(path, "x".repeat(8 * 1024 * 1024 + 1));
        options?.onLine?.("progress=continue");
        await until("it is ended", () => options?.signal?.aborted);
        return { exitCode: null, signalName: "SIGKILL", timedOut: false, errors: "" };
      },
    });
    await app.place("clip.mkv", [english]);
    expect((await app.overall("a", "ok")).left_out).toMatchObject([
      { reason: "It has more than 8388608 bytes of text" },
    ]);
    await app.send("DELETE /transcode/a");
    large = false;
    await app.start("a", { filename: "clip.mkv" });
    expect((await app.overall("a", "ok")).left_out).toMatchObject([
      { reason: "It could not be taken out within 61 s" },
    ]);
  });
});

describe("captions given to metadata", () => {
  test("before the job are there when it is done, before the source's own", async () => {
    await using app = await setupWithSubtitles();
    await app.metadata.client.videos.$post({ json: { hash: "a", filename: "clip.mkv" } });
    await app.save("en", subrip("From beside"));
    await app.place("clip.mkv", [english]);
    const { subtitles } = await app.overall("a", "ok");
    expect(subtitles.map(({ name, path, source }) => [name, path, source])).toEqual([
      ["English", "subtitles/en/playlist.m3u8", "sidecar"],
      ["English 2", "subtitles/1-en/playlist.m3u8", "embedded"],
    ]);
  });

  test("long after the job come, change and go, and nothing is left of them", async () => {
    await using app = await setupWithSubtitles();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.start("a");
    await app.overall("a", "ok");
    app.follow();
    await app.save("pt-br", subrip("Olá"), "?label=Brasil");
    await until("they are listed", async () => (await app.master()).length === 1);
    expect((await app.master())[0]).toContain('NAME="Brasil",LANGUAGE="pt-BR",DEFAULT=NO');
    expect(await app.file("subtitles/pt-BR/subtitles.vtt")).toBe(
      "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:00:01.000 --> 00:00:01.500\nOlá\n",
    );
    expect((await app.statusOf("a")).subtitles).toMatchObject([{ name: "Brasil", source: "sidecar", codec: "webvtt" }]);
    await app.save("pt-br", subrip("Tchau"), "?label=Brasil");
    await until("they changed", async () => (await app.file("subtitles/pt-BR/subtitles.vtt")).includes("Tchau"));
    await app.metadata.service.request("/videos/a/captions/pt-BR", { method: "DELETE" });
    await until("they are gone", async () => !existsSync(app.world.path("hls", "a", "subtitles", "pt-BR")));
    expect(await app.master()).toEqual([]);
    expect(await app.file("master.m3u8")).not.toContain("SUBTITLES");
  });

  test("while the job runs are listed soon", async () => {
    await using app = await setupWithSubtitles();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 8, width: 854, height: 480 });
    app.follow();
    await app.start("a");
    await app.made("a");
    await app.save("en", subrip("Hello"));
    await until("they are listed", async () => (await app.master()).length === 1);
    expect((await app.overall("a", "ok")).subtitles).toHaveLength(1);
    expect(await app.master()).toHaveLength(1);
  });

  test("that changed while this service was down are found when it is back", async () => {
    await using app = await setupWithSubtitles();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.save("de", subrip("alt"));
    await app.start("a");
    await app.overall("a", "ok");
    expect(await app.master()).toHaveLength(1);
    await app.close();
    await app.save("en", subrip("new"));
    await app.metadata.service.request("/videos/a/captions/de", { method: "DELETE" });
    const again = await createTestTranscoding(app.world, { metadata: app.metadata });
    const unfollow = app.follow(again.deps);
    await until("they are found", async () => (await app.master()).some((line) => line.includes('LANGUAGE="en"')));
    await until("and the others gone", () => !existsSync(app.world.path("hls", "a", "subtitles", "de")));
    expect(await app.master()).toHaveLength(1);
    await unfollow();
  });

  test("do not keep a job from its end while metadata is away", async () => {
    let away = false;
    await using app = await setupWithSubtitles({ metadataIsAway: () => away });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.save("en", subrip("Hello"));
    away = true;
    await app.start("a");
    await app.overall("a", "ok");
    expect(await app.master()).toEqual([]);
    away = false;
    app.follow();
    await until("they are listed", async () => (await app.master()).length === 1);
  });

  test("do not bring a deleted video's folder back", async () => {
    await using app = await setupWithSubtitles();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1 });
    await app.start("a");
    await app.overall("a", "ok");
    app.follow();
    await app.save("en", subrip("Hello"));
    await app.send("DELETE /transcode/a");
    await app.deps.reconciler.idle();
    expect(await readdir(app.world.path("hls"))).toEqual([]);
    expect(await app.deps.subtitles.sidecars()).toEqual([]);
  });
});

describe.skipIf(!existsSync(mediaFolder))("real files", () => {
  const pictures = { codec: "hdmv_pgs_subtitle", reason: expect.stringContaining("pictures") };
  const unknown = { codec: "unknown", reason: "ffmpeg cannot make text of this codec (unknown)" };
  test.each([
    ["subs-srt.mkv", ["Subs Label"], []],
    ["subs-ass.mkv", ["Subtitles"], []],
    ["subs-srt-mpeg4-noaudio.mkv", ["Subtitles"], []],
    ["subs-movtext-eng.m4v", ["English"], []],
    ["multiaudio-eng-deu-movtext-deu-vfr.mp4", ["German"], []],
    ["subs-pgs.mkv", [], [{ ...pictures, language: "en" }]],
    ["interlaced-avchd-1080i50.mts", [], [{ ...pictures, language: null }]],
    ["subs-webvtt.mkv", [], [unknown]],
    ["fuzz-mkv-block-past-cluster.mkv", [], [{ codec: "subrip", reason: "It is empty" }]],
  ])("%s", async (filename, names, leftOut) => {
    await using app = await setup();
    await mkdir(app.world.path("originals", "a"), { recursive: true });
    await copyFile(join(mediaFolder, filename), app.world.path("originals", "a", filename));
    await app.start("a", { filename, network_speed: 0.5 });
    const status = await until("it is done", async () => {
      const now = await app.statusOf("a");
      return now.overall !== "running" && now;
    });
    expect(status.overall).toBe("ok");
    expect(status.subtitles.map(({ name }) => name)).toEqual(names);
    expect(status.left_out).toMatchObject(leftOut);
    expect(status.left_out).toHaveLength(leftOut.length);
  });
});
