import { describe, expect, test } from "bun:test";
import { createWorld, makeClip } from "@video-backend/testing";
import { probe, SourceError } from "./probe.ts";
import { run } from "./spawn.ts";

async function refusal(path: string): Promise<string> {
  const error = await probe(path, run).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SourceError);
  return (error as SourceError).message;
}

describe("probing", () => {
  test("tells the facts of a clip", async () => {
    await using world = createWorld();
    const facts = await probe(await makeClip(world.path("a b'c.mp4"), { seconds: 2, width: 322, height: 242 }), run);
    expect(facts.picture).toMatchObject({
      width: 322,
      height: 242,
      frameRate: 25,
      variableFrameRate: false,
      startSeconds: 0,
      endSeconds: 2,
    });
    expect(facts.sound).toHaveLength(1);
  });

  test("measures where a picture ends when the container does not say, or says the sound's", async () => {
    await using world = createWorld();
    for (const name of ["clip.mkv", "clip.ts"]) {
      const path = await makeClip(world.path(name), { seconds: 3, extra: ["-af", "apad=pad_dur=2"] });
      const { picture } = await probe(path, run);
      expect(picture && picture.endSeconds - picture.startSeconds).toBeCloseTo(3, 1);
    }
  });

  test("refuses text that calls itself video, with the reason", async () => {
    await using world = createWorld();
    await Bun.write(world.path("notes.mp4"), "These are my notes.");
    expect(await refusal(world.path("notes.mp4"))).toBe(
      "This is not a media file that can be read: Invalid data found when processing input",
    );
  });

  test("never opens what a playlist or a concat script names", async () => {
    await using world = createWorld();
    const clip = await makeClip(world.path("secret.mp4"), { seconds: 1 });
    await Bun.write(world.path("list.mp4"), `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${clip}\n#EXT-X-ENDLIST\n`);
    await Bun.write(world.path("concat.mp4"), `ffconcat version 1.0\nfile '${clip}'\n`);
    expect(await refusal(world.path("list.mp4"))).toStartWith("This is not a media file that can be read");
    expect(await refusal(world.path("concat.mp4"))).toStartWith("This is not a media file that can be read");
  });

  test("refuses an empty file", async () => {
    await using world = createWorld();
    await Bun.write(world.path("empty.mp4"), "");
    expect(await refusal(world.path("empty.mp4"))).toStartWith("This is not a media file that can be read");
  });
});
