import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { changesInMidStream, isChainedOgg } from "./audio-changes.ts";
import { run } from "./spawn.ts";

/** A tone of a second in this codec, as a raw stream. */
async function tone(path: string, ...options: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const source = ["-f", "lavfi", "-i", "sine=d=1:r=48000"];
  const result = await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...source, ...options, path]);
  expect(result).toMatchObject({ exitCode: 0, errors: "" });
  return new Uint8Array(await Bun.file(path).arrayBuffer());
}

test.each([
  ["aac", ["-c:a", "aac"], ["-c:a", "aac", "-ar", "44100"]],
  ["aac", ["-c:a", "aac"], ["-c:a", "aac", "-ac", "6"]],
  ["ac3", ["-c:a", "ac3", "-ac", "1"], ["-c:a", "ac3", "-ac", "6"]],
  ["ac3", ["-c:a", "ac3"], ["-c:a", "ac3", "-ar", "44100"]],
  ["eac3", ["-c:a", "eac3", "-ac", "6"], ["-c:a", "eac3", "-ac", "2"]],
  ["mp2", ["-c:a", "mp2"], ["-c:a", "mp2", "-ac", "2"]],
  ["mp3", ["-c:a", "libmp3lame"], ["-c:a", "libmp3lame", "-ar", "22050"]],
])("%s of one form changes not, and of two it does", async (codec, one, other) => {
  await using world = createWorld();
  const [a, b] = [await tone(world.path(`a.${codec}`), ...one), await tone(world.path(`b.${codec}`), ...other)];
  const noise = crypto.getRandomValues(new Uint8Array(50_000));
  for (const still of [[a], [a, a], [a, noise, a], [a, new Uint8Array(100_000), a], [noise]])
    expect(await changesInMidStream(codec, new Blob(still))).toBe(false);
  for (const changing of [
    [a, b],
    [a, b, a],
    [a, noise, b],
  ])
    expect(await changesInMidStream(codec, new Blob(changing))).toBe(true);
});

test("an Ogg file is chained where streams begin behind others", async () => {
  await using world = createWorld();
  const vorbis = await tone(world.path("a.ogg"), "-c:a", "libvorbis");
  const opus = await tone(world.path("b.ogg"), "-c:a", "libopus");
  expect(await isChainedOgg(new Blob([vorbis]))).toBe(false);
  expect(await isChainedOgg(new Blob([opus, new Uint8Array(1000)]))).toBe(false);
  expect(await isChainedOgg(new Blob([vorbis, opus]))).toBe(true);
  expect(await isChainedOgg(new Blob([vorbis, vorbis]))).toBe(true);
});
