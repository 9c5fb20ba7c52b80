import { describe, expect, test } from "bun:test";
import { examplePlan } from "./example-plan.ts";
import { type FrameMeasure, isGoodPoster, measureOf, posterCandidates, posterCommand, posterScore } from "./poster.ts";
import { guardedInput } from "./spawn.ts";

const videoOf = (facts: Parameters<typeof examplePlan>[0] = {}) => {
  const { video } = examplePlan(facts);
  if (!video) throw new Error("The example has a video");
  return video;
};
const settings = { source: "/originals/a/a b.mp4", target: "/work/tmp-1/poster.jpg", threads: 1 };

describe("the candidates", () => {
  test("are key frames over the length of the video, then those moments exactly, then its first frame", () => {
    const candidates = posterCandidates(videoOf({ startSeconds: 1, endSeconds: 101 }));
    expect(candidates.map(({ seconds, frame }) => `${frame} ${seconds}`)).toEqual([
      ...["key 11", "key 31", "key 51", "key 71", "key 91"],
      ...["exact 11", "exact 31", "exact 51", "exact 71", "exact 91", "key 1"],
    ]);
  });

  test("are as many for a week as for a minute", () => {
    expect(posterCandidates(videoOf({ endSeconds: 604_800 }))).toHaveLength(11);
  });

  test("of a short video are no key frames but its first one, and lie within it", () => {
    const candidates = posterCandidates(videoOf({ endSeconds: 0.04 }));
    expect(candidates.filter(({ frame }) => frame === "key")).toEqual([{ seconds: 0, frame: "key" }]);
    expect(Math.max(...candidates.map(({ seconds }) => seconds))).toBeLessThan(0.04);
  });
});

test.each([
  [1920, 1080, 1280, 720],
  [1080, 1920, 720, 1280],
  [320, 180, 320, 180],
  [4096, 1, 1280, 2],
])("a video of %i x %i gets a poster of %i x %i", (width, height, posterWidth, posterHeight) => {
  const command = posterCommand(videoOf({ width, height }), { seconds: 0, frame: "key" }, settings);
  expect(command.join(" ")).toContain(`scale=${posterWidth}:${posterHeight}:flags=bicubic`);
});

describe("the command", () => {
  const rest = (target: string) =>
    [
      "-map 0:0 -map_metadata -1 -vf trim=end_frame=1,scale=1280:720:flags=bicubic,setsar=1,format=yuv420p,scale=in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=full,format=yuvj420p,signalstats,metadata=mode=print:file=-",
      `-fps_mode passthrough -frames:v 1 -c:v mjpeg -q:v 4 -f mjpeg file:${target}`,
    ].join(" ");
  const start = "-hide_banner -nostdin -loglevel error -nostats -y -an -sn -threads 1";

  test("makes a JPEG of the key frame before a moment, and tells its measures", () => {
    expect(posterCommand(videoOf(), { seconds: 2.6, frame: "key" }, settings).join(" ")).toBe(
      `${start} -noaccurate_seek -ss 2.600 ${guardedInput.join(" ")} -i file:/originals/a/a b.mp4 ${rest(settings.target)}`,
    );
  });

  test("makes one of the moment itself", () => {
    expect(posterCommand(videoOf(), { seconds: 2.6, frame: "exact" }, settings).join(" ")).toBe(
      `${start} -ss 2.600 ${guardedInput.join(" ")} -i file:/originals/a/a b.mp4 ${rest(settings.target)}`,
    );
  });
});

describe("what it thinks of a frame", () => {
  const measure = (mean: number, contrast: number, range: number): FrameMeasure => ({ mean, contrast, range });
  const black = measure(0.4, 1, 9);
  const white = measure(254, 0, 2);
  const slide = measure(250, 0, 255);

  test("is read from ffmpeg's lines, of the first frame", () => {
    const lines = (mean: number) => [
      "frame:0    pts:-38400  pts_time:-3",
      ...["YMIN=0", "YLOW=30", `YAVG=${mean}`, "YHIGH=226", "YMAX=238"].map((value) => `lavfi.signalstats.${value}`),
    ];
    expect(measureOf([...lines(128.46), ...lines(1)])).toEqual(measure(128.46, 196, 238));
    expect(measureOf([])).toBeNull();
  });

  test("is that neither black nor one colour is good", () => {
    expect([black, white, slide].map(isGoodPoster)).toEqual([false, false, false]);
    expect(isGoodPoster(measure(60, 80, 200))).toBe(true);
  });

  test("is that a page with a line of text is better than an empty one, and noise in black worse than both", () => {
    expect(posterScore(slide)).toBeGreaterThan(posterScore(white));
    expect(posterScore(slide)).toBeGreaterThan(posterScore(black));
  });
});
