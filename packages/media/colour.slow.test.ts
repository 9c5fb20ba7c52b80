import { describe, expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { colourOf } from "./colour.ts";
import { run } from "./spawn.ts";
import { toStandardVideo } from "./video-command.ts";

const tags = {
  color_space: [
    ...["gbr", "bt709", "unknown", "reserved", "fcc", "bt470bg", "smpte170m", "smpte240m", "ycgco", "bt2020nc"],
    ...["bt2020c", "smpte2085", "chroma-derived-nc", "chroma-derived-c", "ictcp"],
  ],
  color_transfer: [
    ...["bt709", "unknown", "reserved", "bt470m", "bt470bg", "smpte170m", "smpte240m", "linear", "log100", "log316"],
    ...["iec61966-2-4", "bt1361e", "iec61966-2-1", "bt2020-10", "bt2020-12", "smpte2084", "smpte428", "arib-std-b67"],
  ],
  color_primaries: [
    ...["bt709", "unknown", "reserved", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020", "smpte428"],
    ...["smpte431", "smpte432", "ebu3213"],
  ],
  color_range: ["tv", "pc", "unknown"],
};
/** As the `setparams` filter writes what ffprobe calls so. */
const settable = (tag: string) => (tag === "reserved" ? "unknown" : tag);

describe("every combination of colour tags plays:", () => {
  const size = { width: 64, height: 36 };
  const told = { width: 64, height: 36, pixelFormat: "yuv420p" };
  const combinations = tags.color_space.flatMap((color_space) =>
    tags.color_transfer.flatMap((color_transfer) =>
      tags.color_primaries.flatMap((color_primaries) =>
        tags.color_range.map((color_range) => ({ color_space, color_transfer, color_primaries, color_range })),
      ),
    ),
  );

  /** One frame through each of these chains of filters, all in one run. */
  async function oneFrameThrough(chains: string[], pixelFormat = "yuv420p"): Promise<string> {
    const inputs = chains.map((_, index) => `[in${index}]`).join("");
    const graph = [
      `testsrc2=s=64x36:d=0.04,format=${pixelFormat},split=${chains.length}${inputs}`,
      ...chains.map((chain, index) => `[in${index}]${chain}[out${index}]`),
    ].join(";");
    const outputs = chains.flatMap((_, index) => ["-map", `[out${index}]`, "-f", "null", "-"]);
    const args = ["-v", "error", "-nostdin", "-filter_threads", "1", "-filter_complex_threads", "1"];
    const result = await run("ffmpeg", [...args, "-filter_complex", graph, ...outputs]);
    return result.exitCode === 0 ? result.errors : `${result.exitCode}: ${result.errors}`;
  }

  test("each matrix with each transfer and primaries, in groups by what they are taken for", async () => {
    // The tags of a frame do not matter once they are set; a representative of each group goes through with its own tags.
    const groups = new Map<string, string>();
    for (const combination of combinations) {
      const filter = toStandardVideo(colourOf({ ...told, ...combination }), size);
      const { color_space, color_transfer, color_primaries, color_range } = combination;
      const set = [
        ...[`colorspace=${settable(color_space)}`, `color_trc=${settable(color_transfer)}`],
        ...[`color_primaries=${settable(color_primaries)}`, `range=${color_range}`],
      ].join(":");
      // The last one of a group is the oddest.
      groups.set(filter, `setparams=${set},${filter}`);
    }
    expect(groups.size).toBeLessThan(60);
    expect(await oneFrameThrough([...groups.values()])).toBe("");
  });

  test.each([
    ["SMPTE 240M", { color_space: "smpte240m", color_transfer: "smpte240m", color_primaries: "smpte240m" }],
    ["PQ alone", { color_transfer: "smpte2084" }],
    ["HLG alone", { color_transfer: "arib-std-b67" }],
    ["PQ with reserved tags", { color_space: "reserved", color_transfer: "smpte2084", color_primaries: "reserved" }],
    ["reserved tags alone", { color_space: "reserved", color_transfer: "reserved", color_primaries: "reserved" }],
    ["ICtCp in HLG", { color_space: "ictcp", color_transfer: "arib-std-b67", color_primaries: "bt2020" }],
    ["YCgCo", { color_space: "ycgco" }],
  ])("%s, within a file", async (_, told) => {
    await using world = createWorld();
    const codes = {
      ...{ smpte240m: 7, smpte2084: 16, "arib-std-b67": 18, reserved: 3, ictcp: 14, bt2020: 9, ycgco: 8, unknown: 2 },
    } as Record<string, number>;
    const code = (tag: string | undefined) => codes[tag ?? "unknown"];
    const all: { color_space?: string; color_transfer?: string; color_primaries?: string } = told;
    const tagged = [
      ...[`matrix_coefficients=${code(all.color_space)}`, `transfer_characteristics=${code(all.color_transfer)}`],
      `colour_primaries=${code(all.color_primaries)}`,
    ].join(":");
    const source = world.path("clip.mp4");
    const x264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bsf:v", `h264_metadata=${tagged}`];
    const video = ["-f", "lavfi", "-i", "color=0x808080:s=64x36:d=0.2"];
    await run("ffmpeg", ["-v", "error", "-nostdin", ...video, ...x264, source]);
    const filter = toStandardVideo(colourOf({ width: 64, height: 36, pixelFormat: "yuv420p", ...all }), size);
    const result = await run("ffmpeg", ["-v", "error", "-nostdin", "-i", source, "-vf", filter, "-f", "null", "-"]);
    expect(result).toMatchObject({ exitCode: 0, errors: "" });
  });
});

test("what is not told is taken for what it most likely is", () => {
  const small = { width: 720, height: 576, pixelFormat: "yuv420p10le" };
  const large = { ...small, width: 1920, height: 1080 };
  const standard = (matrix: string) => ({ range: "standard", matrix, isFullSwing: false });
  expect(colourOf(small)).toMatchObject(standard("bt601"));
  expect(colourOf(large)).toMatchObject(standard("bt709"));
  expect(colourOf({ ...large, color_space: "reserved" })).toMatchObject(standard("bt709"));
  expect(colourOf({ ...large, color_space: "ictcp" })).toMatchObject(standard("bt709"));
  expect(colourOf({ ...small, color_transfer: "smpte2084" })).toMatchObject({ range: "pq", matrix: "bt2020" });
  expect(colourOf({ ...small, color_transfer: "arib-std-b67" })).toMatchObject({ range: "hlg", matrix: "bt2020" });
  expect(colourOf({ ...small, color_primaries: "bt2020" })).toMatchObject({ range: "wide", matrix: "bt2020" });
  const pq709 = { ...large, color_transfer: "smpte2084", color_space: "bt709" };
  expect(colourOf(pq709)).toMatchObject({ range: "pq", matrix: "bt709" });
});

test.each(["yuv411p", "yuvj411p", "yuv410p", "yuv440p", "yuv422p", "gray", "gray10le", "nv12", "yuyv422", "ya8"])(
  "%s is brought to any width",
  async (pixelFormat) => {
    for (const width of [854, 850, 642, 2]) {
      const colour = colourOf({ width: 720, height: 480, pixelFormat });
      const filter = toStandardVideo(colour, { width, height: 480 });
      const source = `testsrc2=s=720x480:r=30000/1001:d=0.04,format=${pixelFormat}`;
      const args = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", source, "-vf", filter, "-f", "null", "-"];
      expect(await run("ffmpeg", args)).toMatchObject({ exitCode: 0, errors: "" });
    }
  },
);
