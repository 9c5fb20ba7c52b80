import { describe, expect, test } from "bun:test";
import { type Encoder, encoderArguments, knownEncoders, proofCommand } from "./encoders.ts";
import { examplePlan } from "./example-plan.ts";
import { type VideoRendition, videoRenditions } from "./plan.ts";
import { videoCommand } from "./video-command.ts";

const settings = { threads: 2, x264Preset: "veryfast" };
const encoders = new Map(knownEncoders("/dev/dri/renderD128").map((encoder) => [encoder.name, encoder]));
const [rung] = videoRenditions(examplePlan()) as [VideoRendition];
const tags = "-color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv";
const rates = `-b:v 5800k -maxrate 6400k -bufsize 9600k -g 100000 ${tags}`;

describe("the arguments of", () => {
  test.each([
    [
      "h264_nvenc",
      "-c:v h264_nvenc -preset p4 -rc vbr -profile:v main -level:v 4.0 -bf 2 -no-scenecut 1 -forced-idr 1",
    ],
    ["h264_qsv", "-c:v h264_qsv -preset veryfast -profile:v main -level:v 40 -look_ahead 0 -forced_idr 1"],
    ["h264_vaapi", "-c:v h264_vaapi -profile:v main -level:v 40 -rc_mode VBR"],
    ["libx264", "-c:v libx264 -preset veryfast -threads 2 -profile:v main -level:v 4.0 -sc_threshold 0 -forced-idr 1"],
  ])("%s are the codec's and the rung's rates", (name, codec) => {
    expect(encoderArguments(encoders.get(name) as Encoder, rung, settings).join(" ")).toBe(`${codec} ${rates}`);
  });

  test.each([
    ["h264_nvenc", "", "format=yuv420p"],
    [
      "h264_qsv",
      "-init_hw_device qsv=hw -filter_hw_device hw ",
      "format=yuv420p,format=nv12,hwupload=extra_hw_frames=64",
    ],
    ["h264_vaapi", "-vaapi_device /dev/dri/renderD128 ", "format=yuv420p,format=nv12,hwupload"],
    ["libx264", "", "format=yuv420p"],
  ])("%s are proven by a real encode with its device and its codec", (name, device, filters) => {
    const encoder = encoders.get(name) as Encoder;
    const codec = encoder.codec({ levelIdc: 30 }, settings).join(" ");
    expect(proofCommand(encoder, settings).join(" ")).toBe(
      `-hide_banner -nostdin -loglevel error -nostats ${device}-f lavfi -i testsrc2=size=640x360:rate=25:duration=1 -vf ${filters} ${codec} -b:v 900k -maxrate 1100k -bufsize 2200k -g 100000 ${tags} -force_key_frames 0,0.48 -f null -`,
    );
  });
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
      "[0:0]trim=start=0:end=1,scale=1280:720:flags=bicubic,setsar=1,format=yuv420p,split[scaled-720p][from-720p]",
      "[scaled-720p]format=nv12,hwupload[720p]",
      "[from-720p]scale=640:360:flags=bicubic,setsar=1[scaled-360p]",
      "[scaled-360p]format=nv12,hwupload[360p]",
    ].join(";"),
  );
  expect(command.slice(0, 10).join(" ")).toContain("-vaapi_device /dev/dri/renderD128");
});
