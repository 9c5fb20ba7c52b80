import { describe, expect, test } from "bun:test";
import { type Encoder, encoderArguments, knownEncoders, proofCommand } from "./encoders.ts";
import { examplePlan } from "./example-plan.ts";
import { type VideoRendition, videoRenditions } from "./plan.ts";
import { videoCommand } from "./video-command.ts";

const settings = { threads: 2, x264Preset: "veryfast" };
const encoders = new Map(knownEncoders("/dev/dri/renderD128").map((encoder) => [encoder.name, encoder]));
const [rung] = videoRenditions(examplePlan()) as [VideoRendition];
const { quality: _, ...rungByBitRate } = rung;
const tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
const end = `-g 100000 ${tags}`;

describe("the arguments of", () => {
  const codecs = {
    h264_nvenc: "-c:v h264_nvenc -preset p4 -rc vbr -profile:v main -level:v 4.0 -bf 2 -no-scenecut 1 -forced-idr 1",
    h264_qsv: "-c:v h264_qsv -preset veryfast -profile:v main -level:v 40 -look_ahead 0 -forced_idr 1",
    h264_vaapi: "-c:v h264_vaapi -profile:v main -level:v 40",
    libx264: "-c:v libx264 -preset veryfast -threads 2 -profile:v main -level:v 4.0 -sc_threshold 0 -forced-idr 1",
  };
  const argumentsOf = (name: string, one: VideoRendition, more: Partial<Encoder> = {}) =>
    encoderArguments({ ...(encoders.get(name) as Encoder), ...more }, one, settings).join(" ");

  test.each([
    ["h264_nvenc", "-cq 23 -b:v 0"],
    ["h264_qsv", "-global_quality 23 -b:v 5800k"],
    ["h264_vaapi", "-rc_mode QVBR -global_quality 23 -b:v 5800k"],
    ["libx264", "-crf 23"],
  ] as const)("%s are the codec's, the rung's quality, and its caps", (name, quality) => {
    const caps = "-maxrate 6400k -bufsize 9600k -rc_init_occupancy 4800k";
    expect(argumentsOf(name, rung)).toBe(`${codecs[name]} ${quality} ${caps} ${end}`);
  });

  test.each([
    ["h264_nvenc", "-b:v 5800k"],
    ["h264_qsv", "-b:v 5800k"],
    ["h264_vaapi", "-rc_mode VBR -b:v 5800k"],
    ["libx264", "-b:v 5800k"],
  ] as const)("%s are the codec's and the mean bit rate where the plan tells no quality", (name, rate) => {
    const expected = `${codecs[name]} ${rate} -maxrate 6400k -bufsize 9600k ${end}`;
    expect(argumentsOf(name, rungByBitRate)).toBe(expected);
    // So it is where a driver has no constant quality.
    expect(argumentsOf(name, rung, { constantQuality: null })).toBe(expected);
  });

  test.each([
    ["ultrafast", true],
    ["superfast", true],
    ["veryfast", false],
  ])("libx264 with %s are told to look ahead (%p) where the preset does not", (x264Preset, isTold) => {
    const words = encoderArguments(encoders.get("libx264") as Encoder, rung, { ...settings, x264Preset }).join(" ");
    expect(words.includes("-crf 23 -rc-lookahead 10 -maxrate")).toBe(isTold);
  });

  test("an encoder that counts in whole steps has a whole one", () => {
    expect(argumentsOf("h264_qsv", { ...rung, quality: 20.5 })).toContain("-global_quality 21 ");
    expect(argumentsOf("libx264", { ...rung, quality: 20.5 })).toContain("-crf 20.5 ");
  });

  test.each([
    ["h264_nvenc", "", "format=yuv420p", "-cq 23 -b:v 0"],
    [
      "h264_qsv",
      "-init_hw_device qsv=hw -filter_hw_device hw ",
      "format=yuv420p,format=nv12,hwupload=extra_hw_frames=64",
      "-global_quality 23 -b:v 900k",
    ],
    [
      "h264_vaapi",
      "-vaapi_device /dev/dri/renderD128 ",
      "format=yuv420p,format=nv12,hwupload",
      "-rc_mode QVBR -global_quality 23 -b:v 900k",
    ],
    ["libx264", "", "format=yuv420p", "-crf 23"],
  ])(
    "%s are proven by a real encode with its device, its codec and its rate control",
    (name, device, filters, rate) => {
      const encoder = encoders.get(name) as Encoder;
      const codec = encoder.codec({ levelIdc: 30 }, settings).join(" ");
      const input = "-f lavfi -i testsrc2=size=640x360:rate=25:duration=1";
      const caps = "-maxrate 1100k -bufsize 2200k";
      const proof = (rates: string) =>
        `-hide_banner -nostdin -loglevel error -nostats ${device}${input} -vf ${filters} ${codec} ${rates} -g 100000 ${tags} -force_key_frames 0,0.48 -f null -`;
      expect(proofCommand(encoder, settings).join(" ")).toBe(proof(`${rate} ${caps} -rc_init_occupancy 1100k`));
      const meanRate = [...encoder.meanBitRate, "-b:v 900k", caps].join(" ");
      expect(proofCommand({ ...encoder, constantQuality: null }, settings).join(" ")).toBe(proof(meanRate));
    },
  );
});

test("a rung goes onto the device after the next one was split off", () => {
  const encoder = encoders.get("h264_vaapi") as Encoder;
  const chunk = { kind: "video" as const, renditions: ["720p", "360p"], first: 0, count: 1 };
  const command = videoCommand(examplePlan(), chunk, {
    ...settings,
    source: "/a.mp4",
    directory: "/w",
    encoder,
    reportSeconds: 0.1,
  });
  expect(command[command.indexOf("-filter_complex") + 1]).toBe(
    [
      "[0:0]trim=start=0:end=1,scale=1280:720:flags=bicubic,setsar=1,format=yuv420p,setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=limited,split[scaled-720p][from-720p]",
      "[scaled-720p]format=nv12,hwupload[720p]",
      "[from-720p]zscale=640:360:filter=bicubic,setsar=1[scaled-360p]",
      "[scaled-360p]format=nv12,hwupload[360p]",
    ].join(";"),
  );
  expect(command.slice(0, 10).join(" ")).toContain("-vaapi_device /dev/dri/renderD128");
});
