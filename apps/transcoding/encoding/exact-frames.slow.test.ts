/**
 * The frames that the chunks take are the frames of one pass, whatever container and codec they are in: the commands of all
 * chunks, each of one segment, are run with checksums of frames in place of an encoder. Of every muxer and every encoder of
 * this ffmpeg with ALL_MEDIA=1, else of one of each kind that ever went wrong.
 */
import { describe, expect, test } from "bun:test";
import { mkdir, stat } from "node:fs/promises";
import {
  guardedInput,
  libx264,
  type Plan,
  repeatsAtBoundaries,
  videoCommand,
  videoRenditions,
} from "@video-backend/media";
import { createWorld, type World } from "@video-backend/testing";
import { openSource } from "../sources/open-source.ts";
import { createTestTranscoding } from "../testing.ts";

const isWhole = process.env.ALL_MEDIA === "1";

interface Frame {
  seconds: number;
  checksum: string;
}

/** How a clip is made of an encoder's packets. */
const kinds = {
  plain: "as the encoder makes it",
  reordered: "frames that are decoded before others that are shown earlier, in open GOPs, from 10 s on",
  cut: "the same from its second key frame on, which refers to frames that are not there",
  late: "the same, a frame later than the audio",
  slow: "the same at 2 frames a second",
  untimed: "the same, the last packet without a time stamp",
} as const;
type Kind = keyof typeof kinds;

/** What ffmpeg itself does not do in one and the same way. */
const exceptions: Exception[] = [
  {
    muxer: /./,
    encoder: /^(rpza|smc)$/,
    decodedAs: "bgr0",
    why: "FFV1 has neither RGB of 15 bits nor a palette, and its RGB of 24 bits becomes YUV by another rounding",
  },
  {
    muxer: /^flv$/,
    encoder: /^flashsv2$/,
    decodedAs: "bgr0",
    isDecodedInCopy: true,
    why: "Matroska does not hold it, and FFV1 has no RGB of 24 bits",
  },
];

interface Exception {
  muxer: RegExp;
  encoder: RegExp;
  /** The pixel format of the copy that holds the video decoded. */
  decodedAs?: string;
  /** A copy holds it decoded, too, since its packets cannot be copied. */
  isDecodedInCopy?: true;
  why: string;
}

describe("one of each kind that went wrong", () => {
  test.each<[string, string, Kind]>([
    ["mov", "libx264", "cut"],
    ["mov", "libx264", "slow"],
    ["mov", "rpza", "plain"],
    ["matroska", "libx265", "cut"],
    ["matroska", "libx264", "reordered"],
    ["avi", "mpeg4", "reordered"],
    ["avi", "libx264", "late"],
    ["avi", "libx264", "reordered"],
    ["avi", "libx264", "slow"],
    ["avi", "libxvid", "reordered"],
    ["mpegts", "mpeg2video", "cut"],
    ["mpegts", "libx264", "slow"],
    ["mxf", "mpeg2video", "late"],
    ["asf", "rpza", "plain"],
    ["h264", "libx264", "reordered"],
    ["hevc", "libx265", "plain"],
  ])("%s of %s, %s", async (muxer, encoder, kind) => expect(await differences(muxer, encoder, kind)).toEqual([]));
});

test("576i of MPEG-2 in an MXF without its index", async () => {
  await using clip = await emptyClip("clip.mxf");
  const interlaced = ["-flags", "+ildct+ilme-cgop", "-top", "1", "-bf", "2", "-g", "12", "-b:v", "4M"];
  await ffmpeg(...testVideo("720x576", "25", 6), "-c:v", "mpeg2video", ...interlaced, "-pix_fmt", "yuv420p", clip.path);
  const bytes = new Uint8Array(await Bun.file(clip.path).arrayBuffer());
  // The index comes at the end; what a recorder writes that is switched off has none.
  await Bun.write(clip.path, bytes.subarray(0, indexOf(bytes, mxfFooter)));
  expect(await compare(clip, "mxf", "mpeg2video", "plain")).toEqual([]);
});

test("HEVC in MPEG-TS that begins in the middle of a group of pictures", async () => {
  await using whole = await emptyClip("whole.ts");
  await using clip = await emptyClip("clip.ts");
  const openGops = ["-x265-params", "open-gop=1:bframes=3:log-level=none"];
  await ffmpeg(
    ...testVideo("176x144", "25", 5),
    "-c:v",
    "libx265",
    "-pix_fmt",
    "yuv420p",
    ...openGops,
    "-g",
    "30",
    whole.path,
  );
  const bytes = new Uint8Array(await Bun.file(whole.path).arrayBuffer());
  const packetBytes = 188;
  await Bun.write(clip.path, bytes.subarray(Math.round((0.3 * bytes.length) / packetBytes) * packetBytes));
  expect(await compare(clip, "mpegts", "libx265", "cut")).toEqual([]);
}, 60_000);

/** The key of a closed and complete footer partition (SMPTE 377-1). */
const mxfFooter = [0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0d, 0x01, 0x02, 0x01, 0x01, 0x04, 0x04, 0x00];

function indexOf(bytes: Uint8Array, key: number[]): number {
  const at = Buffer.from(bytes.buffer).lastIndexOf(Buffer.from(key));
  if (at < 0) throw new Error("There is no such key");
  return at;
}

describe.skipIf(!isWhole)("everything that this ffmpeg writes and reads", async () => {
  const encoders = isWhole ? await listEncoders() : [];
  const muxers = isWhole ? await listMuxers() : [];
  test.each(muxers)(
    "%s",
    async (muxer, onlyCodec) => {
      const found: string[] = [];
      const work = encoders.filter(({ codec }) => onlyCodec === "" || codec === onlyCodec);
      const next = async (): Promise<void> => {
        for (let one = work.shift(); one; one = work.shift()) {
          if (!(await isReadBack(muxer, one))) continue;
          for (const kind of Object.keys(kinds) as Kind[]) {
            const failed = (error: unknown) => [`${muxer} of ${one.name}, ${kind}: ${String(error)}`];
            found.push(...((await differences(muxer, one.name, kind).catch(failed)) ?? []));
          }
        }
      };
      await Promise.all([next(), next()]);
      expect(found).toEqual([]);
    },
    3_600_000,
  );
});

interface Clip {
  world: World;
  filename: string;
  path: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The place of an original that is yet to be written. */
async function emptyClip(filename: string): Promise<Clip> {
  const world = createWorld();
  await mkdir(world.path("originals", "a"), { recursive: true });
  const path = world.path("originals", "a", filename);
  return {
    world,
    filename,
    path,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
    },
  };
}

/** A sentence for each difference; null where the muxer does not take the codec, or not in this way, or nothing can be read of it. */
async function differences(muxer: string, encoder: string, kind: Kind): Promise<string[] | null> {
  await using clip = await emptyClip(`clip.${muxer}`);
  // A raw stream that is cut has lost the parameters which stand at its start alone: nothing can read it.
  const isReadable = (await write(clip, muxer, encoder, kind)) && (await countOfOnePass(clip.path)) > 0;
  return isReadable ? await compare(clip, muxer, encoder, kind) : null;
}

async function compare(clip: Clip, muxer: string, encoder: string, kind: Kind): Promise<string[]> {
  const { deps } = await createTestTranscoding(clip.world, { segmentSeconds: 1 });
  const job = await deps.jobs.ensure({ videoId: "a", filename: clip.filename, networkSpeed: 5 });
  const { source } = await openSource(deps, job, new AbortController().signal);
  const plan = ((await deps.jobs.find("a")) ?? job).plan;
  if (!plan) throw new Error("There is no plan");
  const exception = exceptions.find((one) => one.muxer.test(muxer) && one.encoder.test(encoder));
  const isDecoded = plan.access === "decoded" || (plan.access === "copy" && exception?.isDecodedInCopy);
  const decodedAs = isDecoded ? exception?.decodedAs : undefined;
  const wanted = await framesOfOnePass(plan, clip.path, decodedAs);
  const shown = await framesOfChunks(plan, source);
  const count = await countOfOnePass(clip.path);
  const name = `${muxer} of ${encoder}, ${kind}, ${plan.access}`;
  if (wanted.length !== count) return [`${name}: ${wanted.length} frames where one pass has ${count}`];
  if (shown.length !== wanted.length)
    return [`${name}: ${shown.length} frames of ${wanted.length}${missing(wanted, shown)}`];
  const isOther = wanted.some(({ checksum }, position) => checksum !== shown[position]?.checksum);
  if (isOther) return [`${name}: other frames${missing(wanted, shown)}`];
  const shift = (shown[0]?.seconds ?? 0) - (wanted[0]?.seconds ?? 0);
  const back = shown.find(({ seconds }, at) => seconds <= (shown[at - 1]?.seconds ?? Number.NEGATIVE_INFINITY));
  if (back) return [`${name}: a frame of ${back.seconds.toFixed(3)} s comes after a later one`];
  const late = Math.max(...wanted.map(({ seconds }, at) => Math.abs((shown[at]?.seconds ?? 0) - seconds - shift)));
  return late > roundingSeconds ? [`${name}: a frame is ${late.toFixed(3)} s off`] : [];
}

/** Of containers that count milliseconds, twice. */
const roundingSeconds = 0.0021;

function missing(wanted: Frame[], shown: Frame[]): string {
  const checksums = new Set(shown.map(({ checksum }) => checksum));
  const first = wanted.filter(({ checksum }) => !checksums.has(checksum)).slice(0, 4);
  return first.map(({ seconds }) => `, that of ${seconds.toFixed(2)} s is missing`).join("");
}

/** What each chunk of one segment takes, one behind the other. */
async function framesOfChunks(plan: Plan, source: string): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let first = 0; first < rungOf(plan).segmentCount; first++) {
    const { input, graph, output } = commandOf(plan, source, { first, count: 1 });
    frames.push(...(await framesOf([...input, "-filter_complex", graph, ...output])));
  }
  return repeatsAtBoundaries(videoOf(plan)) ? withoutRepeats(frames) : frames;
}

/** The same filters over the whole original, without a seek and without a cut. */
async function framesOfOnePass(plan: Plan, original: string, decodedAs = ""): Promise<Frame[]> {
  const count = rungOf(plan).segmentCount;
  const { input, graph, output } = commandOf(plan, original, { first: 0, count });
  const uncut = graph
    .replace(/trim=start=[^,;[]+/, "null")
    .replace(/^\[0:\d+\]/, `[0:v:0]${decodedAs && `format=${decodedAs},`}`);
  const frames = await framesOf([...input, "-filter_complex", uncut, ...output]);
  return repeatsAtBoundaries(videoOf(plan)) ? withoutRepeats(frames) : frames;
}

/** Frames that boundaries show once more. */
const withoutRepeats = (frames: Frame[]): Frame[] =>
  frames.filter(({ checksum }, position) => checksum !== frames[position - 1]?.checksum);

async function countOfOnePass(path: string): Promise<number> {
  const frames = await framesOf(["-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5", "-"]);
  return frames.length;
}

function videoOf({ video }: Plan): NonNullable<Plan["video"]> {
  if (!video) throw new Error("There is no video");
  return video;
}

function rungOf(plan: Plan) {
  const [rung] = videoRenditions(plan);
  if (!rung) throw new Error("There is no video");
  return rung;
}

/** The parts of the command that encodes a chunk, and checksums in place of the encoder. */
function commandOf(plan: Plan, source: string, part: { first: number; count: number }) {
  const { name } = rungOf(plan);
  const settings = { source, directory: ".", encoder: libx264, reportSeconds: 1, threads: 1, x264Preset: "ultrafast" };
  const command = videoCommand(plan, { kind: "video", renditions: [name], ...part }, settings);
  const at = command.indexOf("-filter_complex");
  const graph = command[at + 1] ?? "";
  const times = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
  return { input: command.slice(0, at), graph, output: ["-map", `[${name}]`, ...times, "-f", "framemd5", "-"] };
}

async function framesOf(args: string[]): Promise<Frame[]> {
  const { stdout } = await output("ffmpeg", ["-v", "error", "-nostdin", ...args]);
  const [, above = 1, below = 1] = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout) ?? [];
  return stdout
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(",").map((field) => field.trim()))
    .map(([, , pts = "", , , checksum = ""]) => ({ seconds: (Number(pts) * Number(above)) / Number(below), checksum }));
}

const testVideo = (size: string, rate: string, seconds: number): string[] => [
  ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`],
];

interface EncoderOptions {
  size?: string;
  rate?: string;
  options?: string[];
  /** Those that make frames which are decoded before others that are shown earlier, and open GOPs. */
  reordering?: string[];
}

const yuv420p = ["-pix_fmt", "yuv420p"];
const x264Reordering = ["-x264-params", "open-gop=1:bframes=3:b-adapt=0:scenecut=0"];

/** What encoders want besides the defaults, most of them to be quick. */
const encoderOptions: Record<string, EncoderOptions> = {
  dnxhd: { size: "256x144", options: ["-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"] },
  dvvideo: { size: "720x576", options: yuv420p },
  avui: { size: "720x576" },
  roqvideo: { size: "128x128", rate: "30" },
  xface: { size: "48x48" },
  "libaom-av1": { options: ["-cpu-used", "8"] },
  librav1e: { options: ["-speed", "10"] },
  libsvtav1: { options: ["-preset", "12"] },
  libjxl: { options: ["-effort", "1"] },
  libvpx: { options: ["-deadline", "good", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16"] },
  "libvpx-vp9": { options: ["-deadline", "good", "-cpu-used", "8", "-auto-alt-ref", "1", "-lag-in-frames", "16"] },
  libx264: { options: ["-preset", "ultrafast", ...yuv420p], reordering: x264Reordering },
  libx264rgb: { options: ["-preset", "ultrafast"], reordering: x264Reordering },
  libx265: {
    options: ["-preset", "ultrafast", ...yuv420p],
    reordering: ["-x265-params", "open-gop=1:bframes=3:b-adapt=0:scenecut=0:log-level=none"],
  },
  mpeg1video: { reordering: ["-bf", "2", "-flags", "-cgop"] },
  mpeg2video: { reordering: ["-bf", "2", "-flags", "-cgop"] },
  mpeg4: { reordering: ["-bf", "2"] },
  libxvid: { reordering: ["-bf", "2"] },
};

/** False where the clip cannot be made. */
async function write({ path }: Clip, muxer: string, encoder: string, kind: Kind): Promise<boolean> {
  const { size = "176x144", rate = "25", options = [], reordering } = encoderOptions[encoder] ?? {};
  if (!reordering && kind !== "plain" && kind !== "late") return false;
  const codec = ["-c:v", encoder, "-strict", "-2", ...options];
  const [video, gop] = [testVideo(size, rate, 5), ["-g", "30"]];
  const container = ["-f", muxer, path];
  const order = reordering ?? [];
  const written = async (args: string[]) => {
    const { code } = await output("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
    return code === 0 && ((await stat(path).catch(() => null))?.size ?? 0) > 0;
  };
  switch (kind) {
    case "plain":
      return written([...video, ...codec, ...gop, ...container]);
    case "reordered":
      return written([...video, ...codec, ...gop, ...order, "-output_ts_offset", "10", ...container]);
    case "cut": {
      const whole = `${path}.nut`;
      await ffmpeg(...video, ...codec, ...gop, ...order, "-f", "nut", whole);
      return written(["-noaccurate_seek", "-ss", "1.5", "-i", whole, "-c", "copy", ...container]);
    }
    case "late": {
      const audioRate = /^(flv|swf|f4v)$/.test(muxer) ? 44_100 : 48_000;
      const audio = ["-f", "lavfi", "-i", `sine=duration=5:sample_rate=${audioRate}`];
      const maps = ["-map", "1", "-map", "0"];
      return written([...audio, "-itsoffset", "0.04", ...video, ...maps, ...codec, ...gop, ...order, ...container]);
    }
    case "slow":
      return written([...testVideo(size, "2", 12), ...codec, "-g", "6", ...order, ...container]);
    case "untimed": {
      const untimed = `setts=pts=if(eq(N\\,124)\\,NOPTS\\,PTS)`;
      return written([...video, ...codec, ...gop, ...order, "-bsf:v", untimed, ...container]);
    }
  }
}

interface KnownEncoder {
  name: string;
  codec: string;
}

/** Of codecs that go by another name once they are read. */
const readAs: Record<string, string> = { ljpeg: "mjpeg", h263p: "h263" };

/** Whether what is written by both is read as what it is, by the demuxers that are allowed. */
async function isReadBack(muxer: string, { name, codec }: KnownEncoder): Promise<boolean> {
  await using clip = await emptyClip(`clip.${muxer}`);
  const { size = "176x144", rate = "25", options = [] } = encoderOptions[name] ?? {};
  const args = [...testVideo(size, rate, 0.4), "-c:v", name, "-strict", "-2", ...options, "-f", muxer, clip.path];
  if ((await output("ffmpeg", ["-v", "error", "-nostdin", ...args])).code !== 0) return false;
  const question = ["-select_streams", "v:0", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames"];
  const { stdout } = await output("ffprobe", [
    "-v",
    "error",
    ...guardedInput,
    ...question,
    "-of",
    "csv=p=0",
    clip.path,
  ]);
  const [read, frames] = stdout.trim().split(",");
  return read === (readAs[codec] ?? codec) && Number(frames) > 1;
}

/** Those of hardware are left out: what they write is in no other container than what others write. */
async function listEncoders(): Promise<KnownEncoder[]> {
  const { stdout } = await output("ffmpeg", ["-hide_banner", "-encoders"]);
  return stdout.split("\n").flatMap((line) => {
    const [, name = "", codec = name] = /^ V\S+ (\S+)(?:.*\(codec (\S+)\))?/.exec(line) ?? [];
    return name === "" || name === "=" || /_(nvenc|qsv|vaapi|v4l2m2m|omx)$|^a64|^wrapped_avframe$/.test(name)
      ? []
      : [{ name, codec }];
  });
}

/** Those that write no file of media: text, checksums, devices, many files, addresses. */
const notFiles =
  /^(null|.*(hash|md5)|crc|framecrc|tee|fifo.*|.*segment|hls|dash|hds|smoothstreaming|image2.*|rtp.*|rtsp|sap|ffmetadata|opengl|sdl.*|xv|fbdev|caca|v4l2|video4linux2|webm_.*|mkvtimestamp_v2|uncodedframecrc|mpjpeg|alsa|oss|pulse|data)$/;

/** Muxers of videos, and the one codec of those that are nothing but its packets. */
async function listMuxers(): Promise<[name: string, onlyCodec: string][]> {
  const { stdout } = await output("ffmpeg", ["-hide_banner", "-muxers"]);
  const names = stdout.split("\n").flatMap((line) => /^\s+E\s+([^\s,=]+)/.exec(line)?.[1] ?? []);
  const muxers: [string, string][] = [];
  for (const name of names.filter((one) => !notFiles.test(one))) {
    const { stdout: help } = await output("ffmpeg", ["-hide_banner", "-h", `muxer=${name}`]);
    const codec = /Default video codec: (\w+)/.exec(help)?.[1] ?? "none";
    if (codec !== "none") muxers.push([name, /^Muxer \S+ \[raw /.test(help) ? codec : ""]);
  }
  return muxers;
}

async function ffmpeg(...args: string[]): Promise<void> {
  const { code, errors } = await output("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
  if (code !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${errors}`);
}

/** Some pairs of muxer and encoder never end, as libsvtav1 in those that refuse its packets: they write nothing. */
const mostMilliseconds = 60_000;

async function output(command: string, args: string[]) {
  const bounds = { timeout: mostMilliseconds, killSignal: "SIGKILL" } as const;
  const child = Bun.spawn([command, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...bounds });
  const [stdout, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, stdout, errors };
}
