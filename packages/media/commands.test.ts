import { expect, test } from "bun:test";
import { pictureCommand, remuxCommand, soundCommand } from "./commands.ts";
import { libx264 } from "./encoders.ts";
import { examplePlan } from "./example-plan.ts";
import { guardedInput } from "./probe.ts";

const settings = {
  source: "/originals/a/a b.mp4",
  directory: "/chunks/tmp-1",
  threads: 2,
  x264Preset: "veryfast",
  encoder: libx264,
  reportSeconds: 0.1,
};
const guard = guardedInput.join(" ");

test("a picture chunk is one decode, each rung scaled from the one above, cut at the grid", () => {
  const chunk = { kind: "picture" as const, renditions: ["720p", "360p"], first: 4, count: 2 };
  const outputs = (name: string, level: string, rates: string) =>
    [
      `-map [${name}] -map_metadata -1 -map_chapters -1`,
      `-c:v libx264 -preset veryfast -threads 2 -profile:v main -level:v ${level} -sc_threshold 0 -forced-idr 1 ${rates}`,
      "-g 100000 -force_key_frames 8,12 -fps_mode passthrough -enc_time_base 1:25600",
      "-bsf:v setts=pts=PTS:dts=DTS:duration=if(lt(NEXT_DTS\\,DTS)\\,PREV_OUTDURATION\\,NEXT_DTS-DTS)",
      "-avoid_negative_ts disabled -f hls -hls_time 0.1 -hls_list_size 0 -hls_segment_type fmp4",
      "-hls_segment_options movflags=+frag_discont+skip_sidx -hls_fmp4_init_filename init.mp4 -hls_flags temp_file -start_number 4",
      `-hls_segment_filename /chunks/tmp-1/${name}/%d.m4s /chunks/tmp-1/${name}/made.m3u8`,
    ].join(" ");
  expect(pictureCommand(examplePlan(), chunk, settings).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -y -threads 2 -noaccurate_seek -ss 7 -copyts -start_at_zero",
      `${guard} -i file:/originals/a/a b.mp4 -filter_complex_threads 2 -filter_complex`,
      "[0:0]trim=start=8:end=16,scale=1280:720:flags=bicubic,setsar=1,format=yuv420p,split[720p][from-720p];[from-720p]scale=640:360:flags=bicubic,setsar=1,format=yuv420p[360p]",
      outputs("720p", "3.1", "-b:v 3500k -maxrate 3900k -bufsize 5800k"),
      outputs("360p", "3.0", "-b:v 900k -maxrate 1100k -bufsize 2200k"),
      "-progress pipe:1 -stats_period 0.1",
    ].join(" "),
  );
});

test("the first chunk does not seek and the last one has no end", () => {
  const chunk = { kind: "picture" as const, renditions: ["360p"], first: 0, count: 9 };
  const command = pictureCommand(examplePlan(), chunk, settings);
  expect(command).not.toContain("-ss");
  expect(command[command.indexOf("-filter_complex") + 1]).toBe(
    "[0:0]trim=start=0,scale=640:360:flags=bicubic,setsar=1,format=yuv420p[360p]",
  );
});

test("a picture of 120 frames a second is brought to 60 before it is cut", () => {
  const plan = examplePlan({ frameRate: 120, frameRateNumerator: 120 });
  const command = pictureCommand(plan, { kind: "picture", renditions: ["360p"], first: 0, count: 1 }, settings);
  expect(command[command.indexOf("-filter_complex") + 1]).toStartWith("[0:0]fps=60,trim=start=0:end=1,");
});

test("a piece of sound is encoded from a second before it, and what comes before it is dropped", () => {
  const chunk = { kind: "sound" as const, renditions: ["audio"], first: 4, count: 2 };
  expect(soundCommand(examplePlan(), chunk, settings).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -y -vn -ss 13 -copyts -start_at_zero",
      `${guard} -i file:/originals/a/a b.mp4 -map 0:1 -map_metadata -1 -map_chapters -1`,
      "-af aresample=48000,aresample=async=1:first_pts=624000,aformat=channel_layouts=stereo,atrim=start_pts=718848:end_pts=1154048",
      "-c:a aac -b:a 192k -bsf:a noise=drop=lt(pts\\,768000)",
      "-avoid_negative_ts disabled -f hls -hls_time 4 -hls_list_size 0 -hls_segment_type fmp4",
      "-hls_segment_options movflags=+frag_discont+skip_sidx -hls_fmp4_init_filename init.mp4 -hls_flags temp_file -start_number 4",
      "-hls_segment_filename /chunks/tmp-1/audio/%d.m4s /chunks/tmp-1/audio/made.m3u8 -progress pipe:1 -stats_period 0.1",
    ].join(" "),
  );
});

test("the first piece of sound begins at zero, and the last one has no end", () => {
  const command = soundCommand(examplePlan(), { kind: "sound", renditions: ["audio"], first: 0, count: 7 }, settings);
  expect(command).not.toContain("-ss");
  expect(command[command.indexOf("-af") + 1]).toBe(
    "aresample=48000,aresample=async=1:first_pts=0,aformat=channel_layouts=stereo,atrim=start_pts=0",
  );
});

test("a copy that seeks is made without encoding", () => {
  expect(remuxCommand("/a.ts", "/b.mkv", [1, 0]).join(" ")).toBe(
    `-hide_banner -nostdin -loglevel error -nostats -y -fflags +genpts ${guard} -i file:/a.ts -map 0:1 -map 0:0 -c copy -map_metadata -1 -map_chapters -1 -f matroska file:/b.mkv`,
  );
});
