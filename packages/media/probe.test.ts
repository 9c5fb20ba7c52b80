import { describe, expect, test } from "bun:test";
import { createWorld, makeClip } from "@video-backend/testing";
import { hasPacketsFrom, probe, SourceError } from "./probe.ts";
import { type Run, run } from "./spawn.ts";

async function refusal(path: string): Promise<string> {
  const error = await probe(path, run).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SourceError);
  return (error as SourceError).message;
}

describe("probing", () => {
  test("tells the facts of a clip", async () => {
    await using world = createWorld();
    const facts = await probe(await makeClip(world.path("a b'c.mp4"), { seconds: 2, width: 322, height: 242 }), run);
    expect(facts.video).toMatchObject({
      width: 322,
      height: 242,
      frameRate: 25,
      variableFrameRate: false,
      startSeconds: 0,
      endSeconds: 2,
    });
    expect(facts.audio).toHaveLength(1);
  });

  test("measures where a video ends when the container does not say, or says the audio's", async () => {
    await using world = createWorld();
    for (const name of ["clip.mkv", "clip.ts"]) {
      const path = await makeClip(world.path(name), { seconds: 3, extra: ["-af", "apad=pad_dur=2"] });
      const { video } = await probe(path, run);
      expect(video && video.endSeconds - video.startSeconds).toBeCloseTo(3, 1);
    }
  });

  test("measures what is there of an MP4 that was cut off behind its index, and says so", async () => {
    await using world = createWorld();
    const whole = await makeClip(world.path("whole.mp4"), { seconds: 10, extra: ["-movflags", "+faststart"] });
    const bytes = new Uint8Array(await Bun.file(whole).arrayBuffer());
    await Bun.write(world.path("cut.mp4"), bytes.subarray(0, Math.round(bytes.length / 2)));
    const { video, audio, warnings } = await probe(world.path("cut.mp4"), run);
    for (const track of [video, ...audio]) {
      expect(track?.endSeconds).toBeGreaterThan(3);
      expect(track?.endSeconds).toBeLessThan(7);
    }
    expect(warnings).toEqual([expect.stringMatching(/^The file was cut off: \d\.\d s of the 10\.0 s .* are there$/)]);
  });

  test.each(["clip.mp4", "clip.mkv", "clip.mov"])("finds where %s has no key frame for long", async (name) => {
    await using world = createWorld();
    const video = { width: 64, height: 36, rate: "10", seconds: 80, audio: false };
    const keyFrames = ["-g", "100000", "-sc_threshold", "0", "-force_key_frames", "20,25,70"];
    const clip = await makeClip(world.path(name), { ...video, extra: keyFrames });
    const facts = await probe(clip, run);
    expect(facts.video?.longGops).toEqual([{ startSeconds: 25, endSeconds: 70 }]);
    expect(facts.video?.longestFrameSeconds).toBeCloseTo(0.1, 3);
    const usual = await makeClip(world.path(`usual-${name}`), { ...video, extra: ["-g", "100"] });
    expect((await probe(usual, run)).video?.longGops).toEqual([]);
  });

  describe("of an MP4 whose frames come at unequal distances", () => {
    const unequal = ["-vf", "select=lt(n\\,30)+gt(n\\,60)", "-fps_mode", "vfr", "-g", "40", "-movflags", "faststart"];

    /** The facts, and whether all packets of the file were read for them. */
    async function probed(path: string) {
      let readsAll = false;
      const counting: Run = (command, args, options) => {
        readsAll ||= args.some((arg) => arg.startsWith("packet=pts_time")) && !args.includes("-read_intervals");
        return run(command, args, options);
      };
      return { facts: await probe(path, counting), readsAll };
    }

    test.each(["0", "2"])("tells from the index what its packets tell (%s B-frames in a row)", async (frames) => {
      await using world = createWorld();
      const clip = await makeClip(world.path("clip.mp4"), { seconds: 4, extra: [...unequal, "-bf", frames] });
      const byIndex = await probed(clip);
      // What comes behind the last box is none: this index is not relied on.
      const longer = world.path("longer.mp4");
      await Bun.write(longer, Buffer.concat([await Bun.file(clip).bytes(), Buffer.from("rest")]));
      const byPackets = await probed(longer);
      expect([byIndex.readsAll, byPackets.readsAll]).toEqual([false, true]);
      expect(byIndex.facts).toEqual(byPackets.facts);
      expect(byIndex.facts.video).toMatchObject({ variableFrameRate: true, frameRate: 25 });
      expect(byIndex.facts.video?.longestFrameSeconds).toBeCloseTo(1.28, 3);
    });

    test("reads the packets where the file is cut short, or an edit leaves frames out", async () => {
      await using world = createWorld();
      const clip = await makeClip(world.path("clip.mp4"), { seconds: 4, extra: unequal });
      const whole = await Bun.file(clip).bytes();
      await Bun.write(world.path("cut.mp4"), whole.subarray(0, Math.floor(whole.length * 0.7)));
      const cut = await probed(world.path("cut.mp4"));
      expect(cut.readsAll).toBe(true);
      expect(cut.facts.video?.endSeconds).toBeLessThan(3.9);
      const edited = Buffer.from(whole);
      // Behind the type: version and flags, the number of edits, and the length of the first in milliseconds.
      edited.writeUInt32BE(3000, edited.indexOf("elst") + 12);
      await Bun.write(world.path("edited.mp4"), edited);
      expect((await probed(world.path("edited.mp4"))).readsAll).toBe(true);
    });
  });

  test("is not held up by tags of any size, and takes the beginning of those that are used", async () => {
    await using world = createWorld();
    const clip = await makeClip(world.path("clip.mkv"), { seconds: 1 });
    await Bun.write(
      world.path("tags.txt"),
      [
        ...[";FFMETADATA1", `comment=${"c".repeat(12_000_000)}`, `title=${"t".repeat(5_000_000)}`],
        ...["[STREAM]", `title=${"s".repeat(5_000_000)}`, `Comment=${"x".repeat(5_000_000)}`],
        ...["[STREAM]", 'title=The "director\'s" $cut \\\\\\\nof `it`', "LANGUAGE=deu"],
      ].join("\n"),
    );
    const tagged = world.path("tagged.mkv");
    const tags = ["-i", world.path("tags.txt"), "-map", "0", "-map_metadata", "1"];
    const more = ["-map_metadata:s:0", "1:s:0", "-map_metadata:s:1", "1:s:1", "-c", "copy"];
    const made = await run("ffmpeg", ["-v", "error", "-i", clip, ...tags, ...more, tagged]);
    expect(made).toMatchObject({ exitCode: 0, errors: "" });

    let longestLine = 0;
    let characters = 0;
    const measuring: Run = (command, args, options) =>
      run(command, args, {
        ...options,
        onLine(line) {
          longestLine = Math.max(longestLine, line.length);
          characters += line.length;
          options?.onLine?.(line);
        },
      });
    const facts = await probe(tagged, measuring);
    expect(facts).toMatchObject({ video: (await probe(clip, run)).video, audio: [{ language: "deu" }] });
    expect(facts.audio[0]?.title).toBe('The "director\'s" $cut \\\nof `it`');
    expect(longestLine).toBeLessThanOrEqual(4096);
    expect(characters).toBeLessThan(20_000);
  });

  test("looks for packets until it is stopped", async () => {
    await using world = createWorld();
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 1 });
    const stop = new AbortController();
    const hanging: Run = (_command, _args, options) => {
      queueMicrotask(() => stop.abort());
      return run("sleep", ["600"], options);
    };
    await expect(hasPacketsFrom(clip, 0, 0, hanging, stop.signal)).rejects.toThrow();
  });

  test("refuses text that calls itself video, with the reason", async () => {
    await using world = createWorld();
    await Bun.write(world.path("notes.mp4"), "These are my notes.");
    expect(await refusal(world.path("notes.mp4"))).toBe("This is a text file, not a video");
  });

  test("never opens what a playlist or a concat script names", async () => {
    await using world = createWorld();
    const clip = await makeClip(world.path("secret.mp4"), { seconds: 1 });
    await Bun.write(world.path("list.mp4"), `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${clip}\n#EXT-X-ENDLIST\n`);
    await Bun.write(world.path("concat.mp4"), `ffconcat version 1.0\nfile '${clip}'\n`);
    expect(await refusal(world.path("list.mp4"))).toBe("This is a text file, not a video");
    expect(await refusal(world.path("concat.mp4"))).toBe("This is a text file, not a video");
  });

  test("says of what is no video what it is", async () => {
    await using world = createWorld();
    const fragmented = ["-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "25"];
    const clip = new Uint8Array(
      await Bun.file(await makeClip(world.path("clip.mp4"), { seconds: 2, extra: fragmented })).arrayBuffer(),
    );
    const at = (type: string) => Buffer.from(clip).indexOf(type) - 4;
    const encrypted = Buffer.from(clip);
    encrypted.write("encv", encrypted.indexOf("avc1", at("moov") + 8), "latin1");
    encrypted.write("sinf", encrypted.indexOf("udta"), "latin1");
    const files: [Uint8Array | string, string][] = [
      ["", "This file is empty"],
      [
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
        "This is a Git LFS pointer, not the file that it stands for",
      ],
      ["%PDF-1.7\n\u0000", "This is a PDF document, not a video"],
      [new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]), "This is a PNG video, not a video"],
      [clip.subarray(at("moof")), "This is a lone media segment: without its init segment nothing can decode it"],
      [clip.subarray(0, at("moof")), "This is a lone init segment: it describes a video and holds none of it"],
      [clip.subarray(0, at("moov")), "This MP4 has no index (moov): its recording or its transfer was cut short"],
      [encrypted, "This video is encrypted (DRM); only its owner's player can decode it"],
    ];
    for (const [content, sentence] of files) {
      await Bun.write(world.path("file.mp4"), content);
      expect(await refusal(world.path("file.mp4"))).toStartWith(sentence);
    }
  });

  test("finds the x264 that made a video of 4:4:4", async () => {
    await using world = createWorld();
    const extra = ["-pix_fmt", "yuv444p"];
    const { video } = await probe(await makeClip(world.path("a.mp4"), { seconds: 1, extra }), run);
    expect(video?.x264Build).toBeGreaterThan(100);
    expect((await probe(await makeClip(world.path("b.mp4"), { seconds: 1 }), run)).video?.x264Build).toBeNull();
  });
});
