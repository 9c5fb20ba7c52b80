import { describe, expect, test } from "bun:test";
import { chooseRungs, fit, qualityLabel } from "./ladder.ts";

const made = (width: number, height: number, networkSpeed = 10) =>
  chooseRungs({ width, height }, networkSpeed).rungs.map((rung) => `${rung.name} ${rung.width}x${rung.height}`);

describe("the rungs of a video", () => {
  test.each([
    ["4K", 3840, 2160, ["1080p 1920x1080", "720p 1280x720", "480p 854x480", "360p 640x360"]],
    ["1080p", 1920, 1080, ["1080p 1920x1080", "720p 1280x720", "480p 854x480", "360p 640x360"]],
    ["720p", 1280, 720, ["720p 1280x720", "480p 854x480", "360p 640x360"]],
    ["portrait 1080p", 1080, 1920, ["1080p 1080x1920", "720p 720x1280", "480p 480x854", "360p 360x640"]],
    ["square", 1088, 1088, ["1080p 1080x1080", "720p 720x720", "480p 480x480", "360p 360x360"]],
    ["wide", 1920, 800, ["720p 1280x534", "480p 854x356", "360p 640x266"]],
    ["just under 480p", 852, 478, ["360p 640x360"]],
    ["below the lowest rung", 320, 240, ["360p 320x240"]],
    ["odd and small", 161, 121, ["360p 162x122"]],
    ["a single pixel", 1, 1, ["360p 2x2"]],
  ])("%s", (_, width, height, expected) => {
    expect(made(width, height)).toEqual(expected);
  });

  test("a slow network asks for fewer", () => {
    expect(made(1920, 1080, 4.9)).toEqual(["480p 854x480", "360p 640x360"]);
    expect(made(1920, 1080, 0.9)).toEqual(["360p 640x360"]);
    expect(made(1920, 1080, 5)).toHaveLength(4);
  });

  test("what is left out says why", () => {
    const { leftOut } = chooseRungs({ width: 1280, height: 720 }, 2);
    expect(leftOut.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      "1080p: The source is 1280x720; nothing is made larger than it",
      "720p: A network speed of 2 Mbit/s asks for 480p and lower",
    ]);
  });
});

test("a fitted size is even, keeps the shape within a percent and never grows", () => {
  for (let width = 200; width < 2500; width += 77) {
    for (let height = 200; height < 2500; height += 91) {
      const box = height > width ? { width: 720, height: 1280 } : { width: 1280, height: 720 };
      const fitted = fit({ width, height }, box);
      expect((fitted.width % 2) + (fitted.height % 2)).toBe(0);
      expect(fitted.width).toBeLessThanOrEqual(Math.max(box.width, 0));
      expect(fitted.width).toBeLessThanOrEqual(width + 1);
      expect(fitted.height).toBeLessThanOrEqual(height + 1);
      expect(Math.abs(fitted.width / fitted.height / (width / height) - 1)).toBeLessThan(0.01);
    }
  }
});

test("the label is the shorter side", () => {
  expect(qualityLabel({ width: 1080, height: 1920 })).toBe("1080p");
});
