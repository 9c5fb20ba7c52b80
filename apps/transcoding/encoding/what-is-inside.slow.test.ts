/** Sources with odd tracks: what a decode of the source in one pass gives at time t, the rendition gives at time t. */
import { describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { run } from "@video-backend/media";
import { delayAt, makeNumberedClip, numberedFrames, sampleRate, samplesOf } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { placeOriginal } from "../testing.ts";

type App = Awaited<ReturnType<typeof setup>>;

async function ffmpeg(...args: string[]): Promise<void> {
  const result = await run("ffmpeg", ["-v", "error", "-nostdin", "-y", ...args]);
  if (result.exitCode !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${result.errors}`);
}

const tone = (hertz: number, seconds: number, rate = 48_000) => [
  ...["-f", "lavfi", "-i", `sine=frequency=${hertz}:sample_rate=${rate}:duration=${seconds}`],
];
const moving = (seconds: number) => ["-f", "lavfi", "-i", `testsrc2=s=320x180:r=25:d=${seconds}`];
const h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

/** A world with an empty place for the source of video `a`. */
async function place(app: App, filename: string): Promise<string> {
  await placeOriginal(app.world, app.metadata, "a", { seconds: 1 }, "unused.mp4");
  return app.world.path("originals", "a", filename);
}

async function finish(app: App, filename: string) {
  await app.start("a", { filename });
  return app.overall("a", "ok");
}

/** One MP4 of a rendition's segments, as a player puts them together. */
async function joined(app: App, rendition: string): Promise<string> {
  const folder = app.world.path("hls", "a", rendition);
  const playlist = await readFile(`${folder}/playlist.m3u8`, "utf8");
  const names = [...playlist.matchAll(/URI="([^"]+)"|^([^#\s].*)$/gm)].map((match) => match[1] ?? match[2] ?? "");
  const target = app.world.path(`${rendition}.mp4`);
  await writeFile(target, Buffer.concat(await Promise.all(names.map((name) => readFile(`${folder}/${name}`)))));
  return target;
}

const rate = 48_000;

/** What is heard: length in seconds, and the pitch in Hz within the 0.2 s around a time, 0 where it is silent. */
async function heard(app: App, rendition = "audio") {
  const path = app.world.path(`${rendition}.f32`);
  await ffmpeg("-i", await joined(app, rendition), "-ac", "1", "-f", "f32le", path);
  const samples = new Float32Array(await Bun.file(path).arrayBuffer());
  return {
    seconds: samples.length / rate,
    pitchAt(seconds: number): number {
      const part = samples.subarray((seconds - 0.1) * rate, (seconds + 0.1) * rate);
      if (part.every((sample) => Math.abs(sample) < 0.005)) return 0;
      let crossings = 0;
      for (let at = 1; at < part.length; at++) if ((part[at - 1] ?? 0) < 0 && (part[at] ?? 0) >= 0) crossings++;
      return 5 * crossings;
    },
  };
}

const isPitch = (expected: number) => (pitch: number) => Math.abs(pitch - expected) <= 10;

test.each([
  ["AVCHD with linear PCM", "clip.m2ts", [...h264, "-c:a", "pcm_bluray", "-ac", "2", "-mpegts_m2ts_mode", "1"]],
  ["a DVD with linear PCM", "clip.vob", ["-c:v", "mpeg2video", "-c:a", "pcm_dvd", "-ac", "2", "-f", "vob"]],
  ["SMPTE 302M", "clip.ts", [...h264, "-c:a", "s302m", "-ac", "2", "-strict", "-2"]],
  ["Nellymoser", "clip.flv", [...h264, "-c:a", "nellymoser", "-ar", "44100", "-ac", "1"]],
  ["Flash's ADPCM", "clip.flv", [...h264, "-c:a", "adpcm_swf", "-ar", "44100", "-ac", "1"]],
  ["Flash's screen video", "clip.flv", ["-c:v", "flashsv2", "-c:a", "pcm_s16le", "-ar", "44100", "-ac", "1"]],
])("what Matroska does not hold is decoded once: %s", async (_, filename, codecs) => {
  await using app = await setup({ segmentSeconds: 4 });
  const path = await place(app, filename);
  await ffmpeg(
    ...moving(4),
    ...tone(440, 2),
    ...tone(880, 2),
    "-filter_complex",
    "[1][2]concat=v=0:a=1[a]",
    ...["-map", "0", "-map", "[a]"],
    ...codecs,
    path,
  );
  const status = await finish(app, filename);
  expect(status.warnings).toEqual([]);
  const audio = await heard(app);
  expect(Math.abs(audio.seconds - 4)).toBeLessThan(0.1);
  expect([0.5, 1.8, 2.25, 3.5].map(audio.pitchAt)).toSatisfy(([a, b, c, d]: number[]) =>
    [isPitch(440)(a ?? 0), isPitch(440)(b ?? 0), isPitch(880)(c ?? 0), isPitch(880)(d ?? 0)].every(Boolean),
  );
});

/** Three seconds of three tones, each in its own form, one after another. */
async function changing(app: App, ending: string, forms: string[][]): Promise<Uint8Array[]> {
  return Promise.all(
    forms.map(async (form, index) => {
      const part = app.world.path(`${index}.${ending}`);
      await ffmpeg(...tone([440, 660, 880][index] ?? 0, 3), ...form, part);
      return Bun.file(part).bytes();
    }),
  );
}

const rates = [
  ["-c:a", "aac"],
  ["-c:a", "aac", "-ar", "44100"],
  ["-c:a", "aac"],
];
const right = ["-c:a", "aac", "-af", "pan=stereo|c0=0*c0|c1=c0"];
const channels = [["-c:a", "aac"], right, ["-c:a", "aac"]];
const layouts = ["1", "2", "6"].map((channels) => ["-c:a", "ac3", "-ac", channels]);
const bothLayers = [
  ["-c:a", "mp2", "-ac", "2"],
  ["-c:a", "mp2", "-ar", "44100"],
  ["-c:a", "mp2", "-ac", "1"],
];
test.each([
  ["AAC of two rates in MPEG-TS", "aac", rates, "ts"],
  ["AAC of two rates alone", "aac", rates, "aac"],
  ["AAC of one and two channels in Matroska", "aac", channels, "mkv"],
  ["AAC of one and two channels in MP4", "aac", channels, "mp4"],
  ["AAC of one and two channels in FLV", "aac", channels, "flv"],
  ["AC-3 of three layouts in MPEG-TS", "ac3", layouts, "ts"],
  ["AC-3 of three layouts in Matroska", "ac3", layouts, "mkv"],
  ["AC-3 of three layouts in MP4", "ac3", layouts, "mp4"],
  ["MP2 of rates and layouts in a program stream", "mp2", bothLayers, "mpg"],
  [
    "chained Vorbis",
    "ogg",
    [
      ["-c:a", "libvorbis"],
      ["-c:a", "libvorbis", "-ar", "44100"],
      ["-c:a", "libvorbis", "-ac", "2"],
    ],
    "ogg",
  ],
  [
    "chained Opus",
    "ogg",
    [
      ["-c:a", "libopus"],
      ["-c:a", "libopus", "-ac", "2"],
      ["-c:a", "libopus"],
    ],
    "ogg",
  ],
])("audio that changes in the middle is in step and whole: %s", async (_, ending, forms, container) => {
  await using app = await setup({ segmentSeconds: 4 });
  const path = await place(app, `clip.${container}`);
  const whole = app.world.path(`whole.${ending}`);
  await writeFile(whole, Buffer.concat(await changing(app, ending, forms)));
  if (container === ending) await writeFile(path, await readFile(whole));
  else if (container === "ts") await ffmpeg(...moving(9), "-i", whole, ...h264, "-c:a", "copy", path);
  else await ffmpeg("-i", whole, "-c", "copy", path);
  await finish(app, `clip.${container}`);
  const audio = await heard(app);
  expect(Math.abs(audio.seconds - 9)).toBeLessThan(0.25);
  const pitches = [0.5, 2.5, 3.5, 5.5, 6.6, 8.5].map(audio.pitchAt);
  expect(pitches.map((pitch) => 220 * Math.round(pitch / 220))).toEqual([440, 440, 660, 660, 880, 880]);
});

/** The same two seconds apart: 440 Hz from one channel at 48 kHz, then 660 Hz from the right one of two at 44.1 kHz. */
async function twoConfigurations(app: App, ending: string): Promise<[path: string, path: string, both: string]> {
  const [first, second, both] = ["first", "second", "both"].map((name) => app.world.path(`${name}.${ending}`));
  const raw = ["first", "second", "both"].map((name) => app.world.path(`${name}.aac`));
  await ffmpeg(...tone(440, 6), "-c:a", "aac", raw[0] ?? "");
  await ffmpeg(...tone(660, 6, 44_100), "-c:a", "aac", "-af", "pan=stereo|c0=0*c0|c1=c0", raw[1] ?? "");
  await writeFile(raw[2] ?? "", Buffer.concat([await readFile(raw[0] ?? ""), await readFile(raw[1] ?? "")]));
  for (const [at, path] of [first, second, both].entries()) await ffmpeg("-i", raw[at] ?? "", "-c", "copy", path ?? "");
  return [first ?? "", second ?? "", both ?? ""];
}

/** An FLV whose second half has a sequence header of its own. */
async function flvOfTwo(app: App): Promise<Buffer> {
  const [first, second] = await twoConfigurations(app, "flv");
  const head = await readFile(first);
  const tags = [head];
  const shift = 6050;
  const bytes = await readFile(second);
  for (let at = 13; at + 11 <= bytes.length; ) {
    const end = at + 11 + bytes.readUIntBE(at + 1, 3) + 4;
    const tag = Buffer.from(bytes.subarray(at, end));
    tag.writeUIntBE(bytes.readUIntBE(at + 4, 3) + shift, 4, 3);
    if (tag[0] === 8) tags.push(tag);
    at = end;
  }
  return Buffer.concat(tags);
}

/** An MP4 whose second half has a sample description of its own. */
async function mp4OfTwo(app: App): Promise<Buffer> {
  const [first, second, both] = await twoConfigurations(app, "mp4");
  const inside = ["moov", "trak", "mdia", "minf", "stbl"];
  const boxesOn = (file: Buffer, names: string[]): number[] => {
    let [at, end] = [0, file.length];
    return names.map((name) => {
      while (at < end && file.toString("latin1", at + 4, at + 8) !== name) at += file.readUInt32BE(at);
      if (at >= end) throw new Error(`There is no ${name}`);
      const found = at;
      end = at + file.readUInt32BE(at);
      at += 8;
      return found;
    });
  };
  const boxOf = (file: Buffer, name: string): Buffer => {
    const at = boxesOn(file, [...inside, name]).at(-1) ?? 0;
    return file.subarray(at, at + file.readUInt32BE(at));
  };
  const full = (name: string, ...numbers: number[]): Buffer => {
    const box = Buffer.alloc(12 + 4 * numbers.length);
    box.writeUInt32BE(box.length);
    box.write(name, 4, "latin1");
    for (const [at, number] of numbers.entries()) box.writeUInt32BE(number, 12 + 4 * at);
    return box;
  };
  let file = await readFile(both);
  const replace = (name: string, box: Buffer) => {
    const path = boxesOn(file, [...inside, name]);
    const at = path.at(-1) ?? 0;
    const old = file.readUInt32BE(at);
    for (const parent of path.slice(0, -1)) file.writeUInt32BE(file.readUInt32BE(parent) + box.length - old, parent);
    file = Buffer.concat([file.subarray(0, at), box, file.subarray(at + old)]);
  };
  const sizes = boxOf(file, "stsz");
  const [count, firstCount] = [sizes.readUInt32BE(16), boxOf(await readFile(first), "stsz").readUInt32BE(16)];
  const offset = boxOf(file, "stco").readUInt32BE(16);
  let join = offset;
  for (let sample = 0; sample < firstCount; sample++) join += sizes.readUInt32BE(20 + 4 * sample);
  const descriptions = [boxOf(file, "stsd"), boxOf(await readFile(second), "stsd")].map((box) => box.subarray(16));
  const described = Buffer.concat([full("stsd", 2), ...descriptions]);
  described.writeUInt32BE(described.length);
  // In ticks of 48 kHz: 1024 samples at 44.1 kHz are 1115.
  const seconds = (1024 * firstCount + 1115 * (count - firstCount)) / rate;
  replace("stsd", described);
  replace("stco", full("stco", 2, offset, join));
  replace("stsc", full("stsc", 2, 1, firstCount, 1, 2, count - firstCount, 2));
  replace("stts", full("stts", 2, firstCount, 1024, count - firstCount, 1115));
  const duration = (names: string[], field: number, timescale: number) =>
    file.writeUInt32BE(Math.round(seconds * timescale), (boxesOn(file, names).at(-1) ?? 0) + field);
  duration(["moov", "trak", "mdia", "mdhd"], 24, rate);
  duration(["moov", "trak", "tkhd"], 28, 1000);
  duration(["moov", "mvhd"], 24, 1000);
  duration(["moov", "trak", "edts", "elst"], 16, 1000);
  return file;
}

test.each([
  ["flv", flvOfTwo],
  ["mp4", mp4OfTwo],
] as const)(
  "audio whose container tells another configuration in the middle is in step and whole: %s",
  async (ending, make) => {
    await using app = await setup({ segmentSeconds: 4 });
    const path = await place(app, `clip.${ending}`);
    await writeFile(path, await make(app));
    await finish(app, `clip.${ending}`);
    const audio = await heard(app);
    expect(Math.abs(audio.seconds - 12)).toBeLessThan(0.2);
    const pitches = [0.5, 3, 5.8, 6.4, 9, 11.5].map(audio.pitchAt);
    expect(pitches.map((pitch) => 20 * Math.round(pitch / 20))).toEqual([440, 440, 440, 660, 660, 660]);
  },
);

test("streams go on that move to other PIDs", async () => {
  await using app = await setup({ segmentSeconds: 4 });
  const path = await place(app, "clip.ts");
  const parts = [
    [440, 256],
    [880, 320],
  ].map(async ([hertz = 0, pid]) => {
    const part = app.world.path(`${pid}.ts`);
    const codecs = [...h264, "-c:a", "aac", "-mpegts_start_pid", String(pid)];
    await ffmpeg(...moving(4), ...tone(hertz, 4), ...codecs, part);
    return readFile(part);
  });
  await writeFile(path, Buffer.concat(await Promise.all(parts)));
  await finish(app, "clip.ts");
  const audio = await heard(app);
  expect(Math.abs(audio.seconds - 8)).toBeLessThan(0.1);
  expect([0.5, 3.5, 4.5, 7.5].map((at) => 440 * Math.round(audio.pitchAt(at) / 440))).toEqual([440, 440, 880, 880]);
  // A join that is no multiple of a frame makes the rate variable, so a boundary may repeat the frame shown then.
  const boundaries = (await app.deps.ledger.list("a")).filter(({ rendition }) => rendition === "360p").length - 1;
  const frames = await framesOf(app);
  expect(frames).toBeGreaterThanOrEqual(200);
  expect(frames).toBeLessThanOrEqual(200 + boundaries);
});

/** In the lowest rung. */
const framesOf = async (app: App): Promise<number> => countOf("packets", await joined(app, "360p"));

async function countOf(what: "frames" | "packets", path: string): Promise<number> {
  const lines: string[] = [];
  const question = ["-select_streams", "v:0", `-count_${what}`, "-show_entries", `stream=nb_read_${what}`];
  await run("ffprobe", ["-v", "quiet", ...question, "-of", "csv=p=0", path], { onLine: (line) => lines.push(line) });
  return Number.parseInt(lines[0] ?? "", 10);
}

/** MPEG-TS of 1 MB a second, by padding. */
const padded = ["-muxrate", "8M"];

test("audio that begins behind what a probe reads is heard, at its time", async () => {
  await using app = await setup({ segmentSeconds: 10 });
  const path = await place(app, "clip.ts");
  await ffmpeg(
    ...moving(14),
    "-itsoffset",
    "10",
    ...tone(440, 4),
    "-map",
    "0",
    "-map",
    "1",
    ...h264,
    "-c:a",
    "ac3",
    ...padded,
    path,
  );
  const status = await finish(app, "clip.ts");
  expect(status.warnings).toEqual([]);
  const audio = await heard(app);
  expect([5, 9.5, 10.5, 13.5].map((at) => 440 * Math.round(audio.pitchAt(at) / 440))).toEqual([0, 0, 440, 440]);
});

test("a video whose first key frame comes late is shown from there", async () => {
  await using app = await setup({ segmentSeconds: 10 });
  const path = await place(app, "clip.ts");
  const long = app.world.path("long.ts");
  const distant = ["-g", "200", "-sc_threshold", "0"];
  await ffmpeg(...moving(12), ...tone(440, 12), ...h264, ...distant, "-c:a", "aac", ...padded, long);
  // Without its first key frame; the next one is at 8 s.
  await ffmpeg("-ss", "0.6", "-i", long, "-map", "0", "-c", "copy", "-copyinkf", ...padded, path);
  const status = await finish(app, "clip.ts");
  expect(status.original_resolution).toBe("320x180");
  expect(await framesOf(app)).toBeGreaterThanOrEqual(95);
});

/** Zeros, or rubbish, in place of a part of a file, from and to in its length as 1. */
async function damage(path: string, from: number, to: number, filling: "zeros" | "rubbish"): Promise<void> {
  const bytes = new Uint8Array(await Bun.file(path).arrayBuffer());
  const part = bytes.subarray(bytes.length * from, bytes.length * to);
  if (filling === "zeros") part.fill(0);
  else for (let at = 0; at < part.length; at += 65_536) crypto.getRandomValues(part.subarray(at, at + 65_536));
  await Bun.write(path, bytes);
}

test.each([
  ["clip.mp4", [...h264, "-g", "25", "-c:a", "aac", "-movflags", "+faststart"], "zeros"],
  ["clip.mp4", [...h264, "-g", "25", "-c:a", "aac", "-movflags", "+faststart"], "rubbish"],
  ["clip.mkv", [...h264, "-g", "25", "-c:a", "aac"], "zeros"],
  ["clip.ts", [...h264, "-g", "25", "-c:a", "aac"], "rubbish"],
  ["clip.mp3", ["-vn", "-c:a", "libmp3lame"], "rubbish"],
  ["clip.aac", ["-vn", "-c:a", "aac"], "zeros"],
] as const)(
  "damage in the middle of %s %p leaves the rest, each at its time, and is told",
  async (filename, codecs, filling) => {
    await using app = await setup({ segmentSeconds: 4 });
    const path = await place(app, filename);
    await ffmpeg(...moving(12), ...tone(440, 12), ...codecs, path);
    await damage(path, 0.4, 0.85, filling);
    const status = await finish(app, filename);
    expect(status.warnings).not.toEqual([]);
    const audio = await heard(app);
    expect(audio.pitchAt(1)).toSatisfy(isPitch(440));
    expect(audio.pitchAt(4)).toSatisfy(isPitch(440));
  },
);

describe("open GOPs are no damage", () => {
  const x264 = "open-gop=1:bframes=2:keyint=30:min-keyint=30:b-adapt=0:scenecut=0";
  const codecs = {
    "H.264": [...h264, "-x264-params", x264],
    HEVC: ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", `${x264}:log-level=none`],
    "MPEG-2": ["-c:v", "mpeg2video", "-bf", "2", "-flags", "-cgop", "-g", "30"],
  };
  const files = [
    ["H.264", "ts"],
    ["H.264", "mkv"],
    ["H.264", "mp4"],
    ["HEVC", "ts"],
    ["MPEG-2", "ts"],
  ] as const;

  test.each(files)("%s in %s, from a key frame in the middle on", async (name, ending) => {
    await using app = await setup({ segmentSeconds: 1 });
    const path = await place(app, `clip.${ending}`);
    const whole = app.world.path("whole.ts");
    await ffmpeg(...moving(6), ...codecs[name], whole);
    await ffmpeg("-noaccurate_seek", "-ss", "1.3", "-i", whole, "-c", "copy", path);
    const { warnings } = await finish(app, `clip.${ending}`);
    expect(warnings).toEqual([]);
    expect(await framesOf(app)).toBe(await countOf("frames", path));
  });

  test("a frame that is lost in the middle is still told", async () => {
    await using app = await setup({ segmentSeconds: 1 });
    const path = await place(app, "clip.mkv");
    const whole = app.world.path("whole.mkv");
    await ffmpeg(...moving(6), ...codecs["H.264"], whole);
    // The key frame at 3.6 s.
    await ffmpeg("-i", whole, "-c", "copy", "-bsf:v", "noise=drop=eq(n\\,88)", path);
    const { warnings } = await finish(app, "clip.mkv");
    expect(warnings).toHaveLength(1);
  });
});

test("behind damage in an MP4 audio is heard at its time, and within it there is silence", async () => {
  await using app = await setup({ segmentSeconds: 4 });
  const path = await place(app, "clip.mp4");
  await ffmpeg(...moving(12), ...tone(440, 12), ...h264, "-g", "25", "-c:a", "aac", "-movflags", "+faststart", path);
  await damage(path, 0.4, 0.85, "zeros");
  await finish(app, "clip.mp4");
  const audio = await heard(app);
  expect(Math.abs(audio.seconds - 12)).toBeLessThan(0.1);
  expect([1, 4, 7, 9, 11.5].map((at) => 440 * Math.round(audio.pitchAt(at) / 440))).toEqual([440, 440, 0, 0, 440]);
});

test.each(["mp4", "mkv", "ts"])(
  "over damage in the middle of %s video holds its last frame and audio is silent, and behind it both are at their times",
  async (ending) => {
    await using app = await setup({ segmentSeconds: 2 });
    const path = await place(app, `clip.${ending}`);
    await makeNumberedClip(path, { seconds: 24, extra: ["-g", "25", "-movflags", "+faststart"] });
    const original = await samplesOf(path);
    await damage(path, 0.4, 0.7, "zeros");
    const status = await finish(app, `clip.${ending}`);
    expect(status.warnings).toHaveLength(1);

    const shown = await numberedFrames(await joined(app, "360p"));
    const numberAt = (seconds: number) => shown.findLast((frame) => frame.seconds <= seconds + 0.03)?.number;
    const isGood = (number: number) => numberAt(number / 25) === number;
    const lastGood = Array.from({ length: 600 }, (_, number) => number).findIndex((number) => !isGood(number)) - 1;
    expect(lastGood).toBeGreaterThan(150);
    for (let seconds = lastGood / 25; seconds < 15; seconds += 0.25)
      expect([seconds, numberAt(seconds)]).toEqual([seconds, lastGood]);
    for (let number = 450; number < 600; number++) expect([number, isGood(number)]).toEqual([number, true]);

    const heard = await samplesOf(await joined(app, "audio"));
    for (const seconds of [1, 4, 7, 18, 20, 23]) expect(Math.abs(delayAt(original, heard, seconds))).toBeLessThan(0.02);
    for (const seconds of [11, 12, 13, 14, 15]) expect(heard[seconds * sampleRate]).toBe(0);

    const ledger = (await app.deps.ledger.list("a")).filter(({ rendition }) => rendition === "360p");
    for (const [at, { index, startSeconds, durationSeconds }] of ledger.entries()) {
      const next = ledger[at + 1]?.startSeconds ?? startSeconds + durationSeconds;
      expect([index, Math.abs(startSeconds + durationSeconds - next)]).toEqual([at, expect.closeTo(0, 2)]);
    }
  },
  60_000,
);

test("audio with rubbish behind it ends there", async () => {
  await using app = await setup({ segmentSeconds: 4 });
  const path = await place(app, "clip.mp3");
  await ffmpeg(...tone(440, 6), "-c:a", "libmp3lame", path);
  const rubbish = new Uint8Array(2 * 1024 ** 2);
  for (let at = 0; at < rubbish.length; at += 65_536) crypto.getRandomValues(rubbish.subarray(at, at + 65_536));
  await writeFile(path, Buffer.concat([await readFile(path), rubbish]));
  await finish(app, "clip.mp3");
  const audio = await heard(app);
  expect([1, 3, 5.5].map((at) => 440 * Math.round(audio.pitchAt(at) / 440))).toEqual([440, 440, 440]);
});
