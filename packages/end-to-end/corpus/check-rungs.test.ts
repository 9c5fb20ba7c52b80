import { describe, expect, test } from "bun:test";
import { checkRungs } from "./check-rungs.ts";
import { exampleAudio, exampleVideo } from "./example-rendition.ts";

const source = (width: number, height: number) => ({
  width,
  height,
  startSeconds: 0,
  endSeconds: 4,
  frameSeconds: 0.04,
});

/** A rung without a fault of this size. */
const rung = (name: string, width: number, height: number) =>
  exampleVideo({
    uri: `${name}/playlist.m3u8`,
    width,
    height,
    attributes: { RESOLUTION: `${width}x${height}`, CODECS: "avc1.4d401e" },
  });

describe("the right rungs have nothing to say", () => {
  test.each([
    [
      "1080p",
      source(1920, 1080),
      [
        ["360p", 640, 360],
        ["480p", 854, 480],
        ["720p", 1280, 720],
        ["1080p", 1920, 1080],
      ],
    ],
    [
      "a phone's portrait",
      source(720, 1280),
      [
        ["360p", 360, 640],
        ["480p", 480, 854],
        ["720p", 720, 1280],
      ],
    ],
    [
      "anamorphic",
      source((1280 * 241) / 226, 720),
      [
        ["360p", 640, 338],
        ["480p", 854, 450],
        ["720p", 1280, 676],
      ],
    ],
    ["below the lowest rung, odd", source(161, 121), [["360p", 162, 120]]],
    ["a single pixel", source(1, 1), [["360p", 2, 2]]],
  ] as const)("%s", (_, from, sizes) => {
    const rungs = sizes.map(([name, width, height]) => rung(name, width, height));
    expect(checkRungs(rungs, [], from)).toEqual([]);
  });
});

describe("each fault is a sentence", () => {
  test("a rung too few", () => {
    expect(checkRungs([rung("360p", 640, 360)], [], source(854, 480))).toEqual([
      "The rungs are 360p; a source of 854.0x480.0 gets 360p, 480p",
    ]);
  });

  test("made larger than the source", () => {
    expect(checkRungs([rung("360p", 640, 360)], [], source(320, 180))).toEqual([
      "360p: it is 640x360 and should be 320.0x180.0, rounded",
    ]);
  });

  test("portrait put into the box for landscape", () => {
    const rungs = [rung("360p", 202, 360), rung("480p", 480, 854), rung("720p", 720, 1280)];
    expect(checkRungs(rungs, [], source(720, 1280))).toEqual([
      "360p: it is 202x360 and should be 360.0x640.0, rounded",
    ]);
  });

  test("an aspect that is off, by size or by pixels", () => {
    expect(checkRungs([{ ...rung("360p", 640, 360), pixelAspect: 4 / 3 }], [], source(640, 360))).toEqual([
      "360p: its aspect is 2.370, the source's is 1.778",
    ]);
  });

  test("RESOLUTION and CODECS that the streams do not have", () => {
    const attributes = { RESOLUTION: "642x360", CODECS: "avc1.640028" };
    expect(checkRungs([exampleVideo({ attributes })], [exampleAudio()], source(640, 360))).toEqual([
      "360p: RESOLUTION is 642x360, the video is 640x360",
      "360p: CODECS is avc1.640028, the streams are avc1.4d401e,mp4a.40.2",
    ]);
  });
});
