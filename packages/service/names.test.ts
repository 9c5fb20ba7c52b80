import { expect, test } from "bun:test";
import { AssetPath, FileName, LanguageTag, RenditionName } from "./names.ts";

const fits = (schema: { safeParse: (value: unknown) => { success: boolean } }, values: string[]) =>
  values.filter((value) => schema.safeParse(value).success);

test("a rendition is a plain lower-case word", () => {
  const good = ["720p", "audio", "subtitles_en", "a-b", "x".repeat(64)];
  const bad = ["", "720P", "-a", ".a", "a.b", "a/b", "..", "é", "x".repeat(65), "a\n"];
  expect(fits(RenditionName, [...good, ...bad])).toEqual(good);
});

test("a file name is plain, not hidden, and leads nowhere", () => {
  const good = ["segment-00001.m4s", "init.mp4", "A_b-1.x.y", "x".repeat(128)];
  const bad = ["", ".", "..", ".hidden", "a..b", "a/b", "a\\b", "a\u0000", "a b", "a\n", "é.mp4", "x".repeat(129)];
  expect(fits(FileName, [...good, ...bad])).toEqual(good);
});

test("a path is a few file names", () => {
  const good = ["a.jpg", "720p/init.mp4", "a/b/c/d/e"];
  const bad = ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "a/b/c/d/e/f", "a/b\\c", `a/${"x".repeat(200)}`];
  expect(fits(AssetPath, [...good, ...bad])).toEqual(good);
});

test("a language is a BCP 47 tag, in its canonical form", () => {
  expect(["EN", "pt-br", "zh-hant-TW", "eng"].map((tag) => LanguageTag.parse(tag))).toEqual([
    "en",
    "pt-BR",
    "zh-Hant-TW",
    "en",
  ]);
  const bad = [
    "",
    "e",
    "en_US",
    "../en",
    "en/us",
    "en\n",
    `en-${"x".repeat(8)}-a-${"abcdefg-".repeat(5)}bcd`,
    "english words",
  ];
  expect(fits(LanguageTag, bad)).toEqual([]);
});
