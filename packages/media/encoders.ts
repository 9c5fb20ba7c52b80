/**
 * The H.264 encoders, as data: what each adds to an ffmpeg command. That ffmpeg lists one says nothing; `proofCommand` is
 * how it is found out whether it works here, with the very arguments that jobs use.
 * The caps (`-maxrate`, `-bufsize`) are the same for all and in both rate controls.
 */
import { muxedInitFile, muxedPlaylistFile, muxedSegmentTemplate } from "@video-backend/storage/layout";
import { h264Level } from "./h264-level.ts";
import type { VideoRendition } from "./plan.ts";

export interface EncoderSettings {
  threads: number;
  x264Preset: string;
}

export interface Encoder {
  /** ffmpeg's name; part of the init segments' file names. */
  name: string;
  /** Before the input: devices. */
  device: string[];
  /** Filters that bring a frame of 4:2:0 in 8 bits onto the device; null where it may stay in memory. */
  upload: string | null;
  /** The codec and its options but for the rate control. */
  codec(rung: Pick<VideoRendition, "levelIdc">, settings: EncoderSettings): string[];
  /** Options that go with a mean bit rate (`-b:v`). */
  meanBitRate: string[];
  /**
   * Options for a constant quality below the caps, on x264's scale of CRF; null where a driver has no such rate control.
   * The scales of the others have the same range; their values are x264's.
   */
  constantQuality:
    | ((quality: number, rung: Pick<VideoRendition, "videoKbps">, settings: EncoderSettings) => string[])
    | null;
  /** Options that go with it in a run of less than a second. */
  shortRun: string[];
}

/** Of encoders that count in whole steps. */
const wholeQuality = (quality: number): string => String(Math.round(quality));
const levelName = (idc: number): string => (idc / 10).toFixed(1);

/**
 * In the order of preference.
 *
 * @param vaapiDevice the render node, such as `/dev/dri/renderD128`
 */
export function knownEncoders(vaapiDevice: string): Encoder[] {
  return [
    {
      name: "h264_nvenc",
      device: [],
      upload: null,
      codec: ({ levelIdc }) => [
        ...["-c:v", "h264_nvenc", "-preset", "p4", "-rc", "vbr", "-profile:v", "main", "-level:v", levelName(levelIdc)],
        ...["-bf", "2", "-no-scenecut", "1", "-forced-idr", "1"],
      ],
      meanBitRate: [],
      // With a mean bit rate it would aim at that.
      constantQuality: (quality) => ["-cq", String(quality), "-b:v", "0"],
      shortRun: [],
    },
    {
      name: "h264_qsv",
      device: ["-init_hw_device", "qsv=hw", "-filter_hw_device", "hw"],
      upload: "format=nv12,hwupload=extra_hw_frames=64",
      codec: ({ levelIdc }) => [
        ...["-c:v", "h264_qsv", "-preset", "veryfast", "-profile:v", "main", "-level:v", String(levelIdc)],
        ...["-look_ahead", "0", "-forced_idr", "1"],
      ],
      meanBitRate: [],
      // QVBR: without a mean bit rate below the cap it would be ICQ, which knows no cap.
      constantQuality: (quality, { videoKbps }) => ["-global_quality", wholeQuality(quality), "-b:v", `${videoKbps}k`],
      shortRun: [],
    },
    {
      name: "h264_vaapi",
      device: ["-vaapi_device", vaapiDevice],
      upload: "format=nv12,hwupload",
      codec: ({ levelIdc }) => [...["-c:v", "h264_vaapi", "-profile:v", "main", "-level:v", String(levelIdc)]],
      meanBitRate: ["-rc_mode", "VBR"],
      constantQuality: (quality, { videoKbps }) => [
        ...["-rc_mode", "QVBR", "-global_quality", wholeQuality(quality), "-b:v", `${videoKbps}k`],
      ],
      shortRun: [],
    },
    libx264,
  ];
}

/**
 * They see no frame before it is coded, and know that the cap holds them back when it is too late: of runs that are joined
 * each would exceed it. With as many frames as `veryfast` looks ahead they keep it.
 */
const presetsWithoutLookahead = ["ultrafast", "superfast"];
const leastLookahead = 10;

/** The encoder that works everywhere, and the last resort of the others. */
export const libx264: Encoder = {
  name: "libx264",
  device: [],
  upload: null,
  codec: ({ levelIdc }, { threads, x264Preset }) => [
    ...["-c:v", "libx264", "-preset", x264Preset, "-threads", String(threads)],
    ...["-profile:v", "main", "-level:v", levelName(levelIdc), "-sc_threshold", "0", "-forced-idr", "1"],
  ],
  meanBitRate: [],
  constantQuality: (quality, _, { x264Preset }) => [
    ...["-crf", String(quality)],
    ...(presetsWithoutLookahead.includes(x264Preset) ? ["-rc-lookahead", String(leastLookahead)] : []),
  ],
  // It takes quality from frames that few others refer to; with so few to come that would be all.
  shortRun: ["-mbtree", "0"],
};

/** What one run of an encoder has to reckon with. */
export interface EncoderRun {
  /**
   * False for frames at uneven distances: with frames that are coded before those they follow, an MP4 cannot tell how long
   * the last one of a segment is shown, and each run's first frames are delayed by another time.
   */
  reorders: boolean;
  /** Whether another run ends where it begins. */
  isJoined: boolean;
  /** Whether it is shorter than a second. */
  isShort: boolean;
}

/** What the streams say of their colour. */
const colourTags = [
  ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
];

/** A whole encoder's part of a command, for one rung. */
export function encoderArguments(
  encoder: Encoder,
  rung: VideoRendition,
  settings: EncoderSettings,
  run: EncoderRun = { reorders: true, isJoined: true, isShort: false },
): string[] {
  return [
    ...encoder.codec(rung, settings),
    ...(run.reorders ? [] : ["-bf", "0"]),
    ...rateControl(encoder, rung, settings, run),
    ...["-g", "100000", ...colourTags],
  ];
}

/**
 * How full a decoder's buffer is taken to be where a run is joined to another, as a share of it. A run that the cap holds back
 * ends with half; one that began with more would add the difference at each join, until the joined runs break the cap.
 */
const joinedShare = 0.5;

function rateControl(
  encoder: Encoder,
  rung: VideoRendition,
  settings: EncoderSettings,
  { isJoined, isShort }: EncoderRun,
): string[] {
  const { constantQuality, meanBitRate, shortRun } = encoder;
  const { quality, videoKbps, maxrateKbps, bufferKbps } = rung;
  const caps = ["-maxrate", `${maxrateKbps}k`, "-bufsize", `${bufferKbps}k`];
  if (quality === undefined || !constantQuality) return [...meanBitRate, "-b:v", `${videoKbps}k`, ...caps];
  const joined = isJoined ? ["-rc_init_occupancy", `${Math.round(bufferKbps * joinedShare)}k`] : [];
  return [...constantQuality(quality, rung, settings), ...caps, ...joined, ...(isShort ? shortRun : [])];
}

/** The muxer's part of a command: a folder a rendition, a file a segment, cut at key frames so many seconds apart at least. */
export function segmentOutput(rendition: string, first: number, directory: string, seconds: number): string[] {
  const folder = `${directory}/${rendition}`;
  return [
    ...["-avoid_negative_ts", "disabled", "-f", "hls", "-hls_time", String(seconds), "-hls_list_size", "0"],
    ...["-hls_segment_type", "fmp4", "-hls_segment_options", "movflags=+frag_discont+skip_sidx"],
    ...["-hls_fmp4_init_filename", muxedInitFile],
    ...["-hls_flags", "temp_file", "-start_number", String(first)],
    ...["-hls_segment_filename", `${folder}/${muxedSegmentTemplate}`, `${folder}/${muxedPlaylistFile}`],
  ];
}

const proofRung: VideoRendition = {
  kind: "video",
  name: "proof",
  width: 640,
  height: 360,
  videoKbps: 900,
  maxrateKbps: 1100,
  bufferKbps: 2200,
  quality: 23,
  levelIdc: h264Level({ width: 640, height: 360, frameRate: 25, maxrateKbps: 1100, bufferKbps: 2200 }),
  codec: "",
  segmentCount: 1,
};

/** Encodes a second of a test video and forgets it; what matters is how it ends. */
export function proofCommand(encoder: Encoder, settings: EncoderSettings): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", ...encoder.device],
    ...["-f", "lavfi", "-i", `testsrc2=size=${proofRung.width}x${proofRung.height}:rate=25:duration=1`],
    ...[
      "-vf",
      ["format=yuv420p", encoder.upload].filter(Boolean).join(","),
      ...encoderArguments(encoder, proofRung, settings),
    ],
    ...["-force_key_frames", "0,0.48", "-f", "null", "-"],
  ];
}
