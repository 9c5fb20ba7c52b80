import { describe, expect, test } from "bun:test";
import { audioCommand } from "./audio-command.ts";
import { remuxCommand } from "./copy.ts";
import { libx264 } from "./encoders.ts";
import { exampleFacts, examplePlan } from "./example-plan.ts";
import type { Facts, VideoFacts } from "./facts.ts";
import { makePlan } from "./make-plan.ts";
import { guardedInput } from "./spawn.ts";
import { videoCommand, wayIn } from "./video-command.ts";

const settings = {
  source: "/originals/a/a b.mp4",
  directory: "/chunks/tmp-1",
  threads: 2,
  x264Preset: "veryfast",
  encoder: libx264,
  reportSeconds: 0.1,
};
const guard = guardedInput.join(" ");
const bt709 = "flags=bicubic";

test("a video chunk is one decode, each rung scaled from the one above, cut at the grid", () => {
  const chunk = { kind: "video" as const, renditions: ["720p", "360p"], first: 4, count: 2 };
  const outputs = (name: string, level: string, rates: string) =>
    [
      `-map [${name}] -map_metadata -1 -map_chapters -1`,
      `-c:v libx264 -preset veryfast -threads 2 -profile:v main -level:v ${level} -sc_threshold 0 -forced-idr 1 ${rates}`,
      "-g 100000 -color_primaries bt709 -color_trc bt709 -colorspace bt709 -color_range tv -force_key_frames 8,12 -fps_mode passthrough -enc_time_base 1:25600",
      "-bsf:v setts=pts=PTS:dts=DTS:duration=if(lt(NEXT_DTS\\,DTS)\\,PREV_OUTDURATION\\,NEXT_DTS-DTS)",
      "-avoid_negative_ts disabled -f hls -hls_time 0.1 -hls_list_size 0 -hls_segment_type fmp4",
      "-hls_segment_options movflags=+frag_discont+skip_sidx -hls_fmp4_init_filename init.mp4 -hls_flags temp_file -start_number 4",
      `-hls_segment_filename /chunks/tmp-1/${name}/%d.m4s /chunks/tmp-1/${name}/made.m3u8`,
    ].join(" ");
  expect(videoCommand(examplePlan(), chunk, settings).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -max_error_rate 1 -y -threads 2 -noaccurate_seek -ss 7 -copyts -start_at_zero",
      `${guard} -i file:/originals/a/a b.mp4 -filter_complex_threads 2 -filter_complex`,
      `[0:0]trim=start=8:end=16,scale=1280:720:${bt709},setsar=1,format=yuv420p,setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=limited,split[720p][from-720p];[from-720p]zscale=640:360:filter=bicubic,setsar=1[360p]`,
      outputs("720p", "3.1", "-crf 22 -maxrate 3900k -bufsize 5800k -rc_init_occupancy 2900k"),
      outputs("360p", "3.0", "-crf 21 -maxrate 1100k -bufsize 2200k -rc_init_occupancy 1100k"),
      "-progress pipe:1 -stats_period 0.1",
    ].join(" "),
  );
});

test("the first chunk does not seek and the last one has no end", () => {
  const chunk = { kind: "video" as const, renditions: ["360p"], first: 0, count: 9 };
  const command = videoCommand(examplePlan(), chunk, settings);
  expect(command).not.toContain("-ss");
  // No run is before it, whose buffer it would have to reckon with.
  expect(command).not.toContain("-rc_init_occupancy");
  expect(command[command.indexOf("-filter_complex") + 1]).toBe(
    `[0:0]trim=start=0,scale=640:360:${bt709},setsar=1,format=yuv420p[360p]`,
  );
});

test("a run of less than a second is encoded without mbtree", () => {
  const plan = examplePlan({ endSeconds: 4.5 });
  const command = (first: number, count: number) =>
    videoCommand(plan, { kind: "video", renditions: ["360p"], first, count }, settings).join(" ");
  expect(command(3, 1)).toContain("-rc_init_occupancy 1100k -mbtree 0 -g");
  for (const longer of [command(0, 1), command(2, 2)]) expect(longer).not.toContain("mbtree");
});

test("a video of 120 frames a second is brought to 60 before it is cut", () => {
  const plan = examplePlan({ frameRate: 120, frameRateNumerator: 120 });
  const command = videoCommand(plan, { kind: "video", renditions: ["360p"], first: 0, count: 1 }, settings);
  expect(command[command.indexOf("-filter_complex") + 1]).toStartWith("[0:0]fps=60,trim=start=0:end=1,");
});

test("on a long way from a key frame frames are dropped at once, and how far it has come is told", () => {
  const chunk = { kind: "video" as const, renditions: ["360p"], first: 17, count: 1 };
  const longGops = [{ startSeconds: 8, endSeconds: 100 }];
  const graphOf = (more: Partial<VideoFacts>) => {
    const plan = examplePlan({ endSeconds: 100, longestFrameSeconds: 9, longGops, ...more });
    const command = videoCommand(plan, chunk, settings);
    return command[command.indexOf("-filter_complex") + 1] ?? "";
  };
  const way =
    "[0:0]split[decoded][way];[way]select='isnan(prev_selected_t)+gte(t-prev_selected_t,5)',metadata=add:key=way:value=1,metadata=print:file=pipe\\\\:1:direct=1,nullsink;";
  expect(graphOf({})).toStartWith(`${way}[decoded]trim=start=49.000,trim=start=60:end=64,scale=640:360`);
  expect(graphOf({ variableFrameRate: true })).toStartWith(`${way}[decoded]trim=start=49.000,settb=1/90000,`);
  expect(graphOf({ isInterlaced: true })).toStartWith(`${way}[decoded]trim=start=49.000,bwdif`);
  expect(graphOf({ longGops: [{ startSeconds: 52, endSeconds: 100 }] })).toStartWith("[0:0]trim=start=60:end=64,");
  expect(["frame:12   pts:768000  pts_time:60.04", "frame=12", "way=1"].map(wayIn)).toEqual([60.04, null, null]);
});

test("a variable rate shows at each boundary what is shown then, once more, and is coded in the order in which it is shown", () => {
  const plan = examplePlan({ variableFrameRate: true, endSeconds: 13.5 });
  const command = videoCommand(plan, { kind: "video", renditions: ["720p", "360p"], first: 4, count: 2 }, settings);
  expect(command[command.indexOf("-filter_complex") + 1]).toBe(
    [
      `[0:0]settb=1/90000,setpts='if(N,max(PTS,PREV_OUTPTS+90),PTS)',scale=1280:720:${bt709},setsar=1,format=yuv420p,split[shown][first]`,
      "[first]trim=end_frame=1,crop=iw:2:0:0,loop=loop=1:size=1,setpts='if(eq(N,0),720000,if(eq(N,1),1080000,0))'[boundaries]",
      "[shown][boundaries]vstack,crop=iw:ih-2:0:0,trim=start=8:end=13.5,setparams=colorspace=bt709:color_trc=bt709:color_primaries=bt709:range=limited,split[720p][from-720p]",
      "[from-720p]zscale=640:360:filter=bicubic,setsar=1[360p]",
    ].join(";"),
  );
  const text = command.join(" ");
  expect(text).toContain("-forced-idr 1 -bf 0 -crf 22 -maxrate 3900k");
  expect(text).toContain(
    "-force_key_frames 8,12 -fps_mode passthrough -enc_time_base 1:90000 -bsf:v setts=pts=PTS:dts=DTS:duration=if(lt(NEXT_DTS\\,DTS)\\,max(1\\,round(13.5/TB)-PTS)\\,NEXT_DTS-DTS)",
  );
});

test("a variable rate that begins after its audio has its first frame at zero", () => {
  const plan = examplePlan({ variableFrameRate: true, startSeconds: 2.5 });
  const graph = (first: number) =>
    videoCommand(plan, { kind: "video", renditions: ["360p"], first, count: 1 }, settings);
  expect(graph(2).join(" ")).toContain("setpts='if(N,max(PTS,PREV_OUTPTS+90),0)'");
  expect(graph(2)).not.toContain("-ss");
  expect(graph(3).join(" ")).toContain("setpts='if(N,max(PTS,PREV_OUTPTS+90),PTS)'");
});

describe("the video's filters", () => {
  const graph = (video: Partial<VideoFacts>, more: Partial<Facts> = {}, chunk = { first: 0, count: 1 }) => {
    const plan = makePlan({ ...exampleFacts(video), ...more }, { segmentSeconds: 4, networkSpeed: 10 });
    const command = videoCommand(plan, { kind: "video", renditions: ["360p"], ...chunk }, settings);
    return { command: command.join(" "), graph: command[command.indexOf("-filter_complex") + 1] ?? "" };
  };
  const colour = (more: object) => ({
    range: "standard" as const,
    matrix: "bt709" as const,
    isFullSwing: false,
    ...more,
  });

  test("make one frame of two fields, before the cut", () => {
    expect(graph({ isInterlaced: true }).graph).toStartWith(
      "[0:0]bwdif=mode=send_frame:deint=interlaced,trim=start=0:end=1,",
    );
  });

  test("bring the colours of standard definition and of full swing to BT.709", () => {
    expect(graph({ colour: colour({ matrix: "bt601", isFullSwing: true }) }).graph).toContain(
      "scale=640:360:flags=bicubic:in_range=pc:out_range=pc,zscale=min=smpte170m:rin=full:tin=bt709:pin=bt709:p=bt709:m=bt709:t=bt709:r=limited,",
    );
  });

  test.each([
    ["pq", "smpte2084"],
    ["hlg", "arib-std-b67"],
  ] as const)("tone-map %s, at the size of the highest rung", (range, transfer) => {
    expect(graph({ colour: colour({ range, matrix: "bt2020" }) }).graph).toBe(
      [
        `[0:0]trim=start=0:end=1,setparams=colorspace=bt2020nc:color_trc=${transfer}:color_primaries=bt2020,scale=640:360:flags=bicubic:in_range=tv:out_range=tv,zscale=min=bt2020nc:rin=limited:tin=${transfer}:pin=bt2020:t=linear:npl=100`,
        "format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,zscale=m=bt709:t=bt709:r=limited,setsar=1,format=yuv420p[360p]",
      ].join(","),
    );
  });

  test("bring a wide gamut to BT.709", () => {
    expect(graph({ colour: colour({ range: "wide", matrix: "bt2020" }) }).graph).toContain(
      ",zscale=min=bt2020nc:rin=limited:tin=bt709:pin=bt2020:p=bt709:m=bt709:t=bt709:r=limited,",
    );
  });

  test("hold the last frame where the audio goes on, and find it from far behind the end", () => {
    const [audio] = exampleFacts().audio;
    const heard = audio && { audio: [{ ...audio, endSeconds: 40 }] };
    expect(graph({ endSeconds: 26 }, heard, { first: 1, count: 2 }).graph).not.toContain("tpad");
    expect(graph({ endSeconds: 26 }, heard, { first: 8, count: 1 }).graph).toContain(
      "[0:0]tpad=stop_mode=clone:stop_duration=2.000,trim=start=24:end=28,",
    );
    const last = graph({ endSeconds: 26 }, heard, { first: 10, count: 2 });
    expect(last.graph).toContain("[0:0]tpad=stop_mode=clone:stop_duration=14.000,trim=start=32,");
    expect(last.command).toContain("-noaccurate_seek -ss 24 ");
  });

  test("hold the first frame where the audio begins before it, and leave the others their times", () => {
    const held = "[0:0]split[first][real];[first]fps=25:start_time=0,trim=end_frame=62[held];[held][real]interleave,";
    expect(graph({ startSeconds: 2.5 }).graph).toStartWith(`${held}trim=start=0:end=1,`);
    const third = graph({ startSeconds: 2.5 }, {}, { first: 2, count: 1 });
    expect(third.graph).toStartWith(`${held}trim=start=2:end=4,`);
    expect(third.command).not.toContain("-ss");
    expect(graph({ startSeconds: 2.5 }, {}, { first: 3, count: 1 }).graph).toStartWith("[0:0]trim=start=4:end=8,");
    expect(graph({ startSeconds: 2.5 }, { audio: [] }).graph).not.toContain("held");
  });

  test("tell the decoder which x264 made a video of 4:4:4", () => {
    expect(graph({ x264Build: 142 }).command).toContain("-x264_build 142 -i file:");
    expect(graph({}).command).not.toContain("x264_build");
  });
});

test("audio that ends before the video goes on in silence, and one channel is heard from both sides", () => {
  const facts = exampleFacts();
  const audio = facts.audio.map((one) => ({ ...one, channels: 1, endSeconds: 10 }));
  const plan = makePlan({ ...facts, audio }, { segmentSeconds: 4, networkSpeed: 10 });
  const command = audioCommand(plan, { kind: "audio", renditions: ["audio"], first: 4, count: 3 }, settings);
  expect(command.join(" ")).toContain(" -vn -ss 9 ");
  expect(command[command.indexOf("-af") + 1]).toBe(
    "aresample=48000,aresample=async=1:first_pts=432000,pan=stereo|FL=FL+FC|FR=FR+FC,apad,atrim=start_pts=718848:end_pts=1248000",
  );
});

test("a piece of audio is encoded from a second before it, and what comes before it is dropped", () => {
  const chunk = { kind: "audio" as const, renditions: ["audio"], first: 4, count: 2 };
  expect(audioCommand(examplePlan(), chunk, settings).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -max_error_rate 1 -y -vn -ss 13 -copyts -start_at_zero",
      `${guard} -i file:/originals/a/a b.mp4 -map 0:1 -map_metadata -1 -map_chapters -1`,
      "-af aresample=48000,aresample=async=1:first_pts=624000,aformat=channel_layouts=stereo,atrim=start_pts=718848:end_pts=1154048",
      "-c:a aac -b:a 192k -bsf:a noise=drop=if(lt(pts\\,max(768000\\,ld(0)))\\,1\\,0*st(0\\,pts+1))",
      "-avoid_negative_ts disabled -f hls -hls_time 4 -hls_list_size 0 -hls_segment_type fmp4",
      "-hls_segment_options movflags=+frag_discont+skip_sidx -hls_fmp4_init_filename init.mp4 -hls_flags temp_file -start_number 4",
      "-hls_segment_filename /chunks/tmp-1/audio/%d.m4s /chunks/tmp-1/audio/made.m3u8 -progress pipe:1 -stats_period 0.1",
    ].join(" "),
  );
});

test("the first piece of audio begins at zero, and the last one has no end", () => {
  const command = audioCommand(examplePlan(), { kind: "audio", renditions: ["audio"], first: 0, count: 7 }, settings);
  expect(command).not.toContain("-ss");
  expect(command[command.indexOf("-af") + 1]).toBe(
    "aresample=48000,aresample=async=1:first_pts=0,aformat=channel_layouts=stereo,atrim=start_pts=0",
  );
});

test("a copy that seeks is made without encoding", () => {
  expect(remuxCommand("/a.ts", "/b.mkv", [{ stream: 1 }, { stream: 0 }]).join(" ")).toBe(
    `-hide_banner -nostdin -loglevel error -nostats -max_error_rate 1 -y -fflags +genpts ${guard} -i file:/a.ts -map 0:1 -map 0:0 -c copy -map_metadata -1 -map_chapters -1 -f matroska file:/b.mkv -progress pipe:1 -stats_period 1`,
  );
});
