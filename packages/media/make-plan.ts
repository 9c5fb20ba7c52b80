/** Makes the plan of a video: a pure function of facts and settings. */
import type { AudioFacts, Facts, VideoFacts } from "./facts.ts";
import { avcCodec, h264Level } from "./h264-level.ts";
import { chooseRungs, qualityLabel } from "./ladder.ts";
import { type Grid, gridIndex, leastRampFrameRate, type Plan, planVersion, type Rendition } from "./plan.ts";

export interface PlanSettings {
  /** Whole seconds, so that every time base can express the boundaries exactly. */
  segmentSeconds: number;
  /** Mbit/s. */
  networkSpeed: number;
  /** `quality` where it is not told. */
  rateControl?: RateControl;
}

/**
 * `quality`: the same quality in every scene, at whatever rate below the rung's cap that takes. `bitrate`: the rung's mean bit
 * rate, whatever a scene needs.
 */
export const rateControls = ["quality", "bitrate"] as const;
export type RateControl = (typeof rateControls)[number];

const highestFrameRate = 60;
/** Of what is told of slides, which have more frames than their source where boundaries repeat them. */
const lowestFrameRate = 1;

/** Makes the plan of a video. */
export function makePlan(facts: Facts, settings: PlanSettings): Plan {
  const { segmentSeconds, networkSpeed, rateControl = "quality" } = settings;
  const { rungs, leftOut } = facts.video ? chooseRungs(facts.video, networkSpeed) : { rungs: [], leftOut: [] };
  const sourceRate = facts.video?.frameRate ?? 0;
  const cappedFrameRate = sourceRate > highestFrameRate + 0.5;
  const frameRate = cappedFrameRate ? highestFrameRate : facts.video ? Math.max(sourceRate, lowestFrameRate) : 0;
  const shown = facts.video && heldVideo(facts.video, facts.audio);
  const videoEnd = shown?.endSeconds ?? 0;
  const ramp = shown ? rampFrom(shown.startSeconds, frameRate, segmentSeconds) : [];
  const grid = { segmentSeconds, ramp };
  const videoSegments = videoSegmentCount(grid, videoEnd);

  const renditions: Rendition[] = rungs.map((rung) => {
    const levelIdc = h264Level({ ...rung, frameRate });
    const { name, width, height, videoKbps, maxrateKbps, bufferKbps } = rung;
    const quality = rateControl === "quality" ? { quality: rung.quality } : {};
    const rates = { videoKbps, maxrateKbps, bufferKbps, ...quality };
    const codec = avcCodec(levelIdc);
    return { kind: "video", name, width, height, ...rates, levelIdc, codec, segmentCount: videoSegments };
  });
  const kbps = rungs[0]?.audioKbps ?? 192;
  for (const [position, heard] of defaultFirst(facts.audio).entries()) {
    const { stream, language, title, channels, layout } = heard;
    const isShort = videoEnd - heard.endSeconds >= leastUnevenSeconds;
    const endSeconds = isShort ? videoEnd : heard.endSeconds;
    renditions.push({
      kind: "audio",
      name: position === 0 ? "audio" : `audio-${position + 1}`,
      stream,
      kbps,
      codec: "mp4a.40.2",
      language,
      title,
      channels,
      ...(layout === undefined ? {} : { layout }),
      ...(isShort ? { silentFromSeconds: heard.endSeconds } : {}),
      endSeconds,
      segmentCount: audioSegmentCount(endSeconds, segmentSeconds),
    });
  }
  return {
    version: planVersion,
    source: {
      container: facts.container,
      codec: facts.video?.codec ?? null,
      pixelFormat: facts.video?.pixelFormat ?? null,
      audio: facts.audio.map(({ codec, channels, sampleRate }) => ({ codec, channels, sampleRate })),
    },
    ...grid,
    video: facts.video &&
      shown && {
        ...shown,
        stream: facts.video.stream,
        width: facts.video.width,
        height: facts.video.height,
        qualityLabel: qualityLabel(facts.video),
        isInterlaced: facts.video.isInterlaced,
        x264Build: facts.video.x264Build,
        colour: facts.video.colour,
        frameRate,
        variableFrameRate: facts.video.variableFrameRate,
        cappedFrameRate,
        timescale: facts.video.variableFrameRate
          ? mpegTimescale
          : fineTimescale(cappedFrameRate ? highestFrameRate : facts.video.frameRateNumerator),
        longGops: facts.video.longGops,
        longestFrameSeconds: facts.video.longestFrameSeconds,
      },
    renditions,
    dropped: [],
    leftOut,
    warnings: facts.warnings,
    subtitles: facts.subtitles,
  };
}

/**
 * Where video and audio end so far apart, in seconds, the shorter one is held or goes on in silence: a player that waits
 * for both would stand still. For less it has all of both before it gets there, and plays on by itself.
 */
const leastUnevenSeconds = 5;

/** Later than this, in seconds, a video is no longer taken for beginning with the audio. */
const leastLateSeconds = 0.1;

/** Where the video of the renditions begins and ends: with the audio where the two are far apart. */
function heldVideo({ startSeconds, endSeconds }: VideoFacts, audio: AudioFacts[]) {
  const isLate = audio.length > 0 && startSeconds >= leastLateSeconds;
  const audioEnd = Math.max(0, ...audio.map((one) => one.endSeconds));
  const isShort = audioEnd - endSeconds >= leastUnevenSeconds;
  return {
    startSeconds: isLate ? 0 : startSeconds,
    ...(isLate ? { heldUntilSeconds: startSeconds } : {}),
    endSeconds: isShort ? audioEnd : endSeconds,
    ...(isShort ? { heldFromSeconds: endSeconds } : {}),
  };
}

/** The track that plays when nobody chooses, then the others in the file's order. */
function defaultFirst(audio: AudioFacts[]): AudioFacts[] {
  const first = audio.find((one) => one.isDefault) ?? audio[0];
  return first ? [first, ...audio.filter((one) => one !== first)] : [];
}

const mpegTimescale = 90_000;

/** A multiple of the frame rate's numerator: exact for every frame, and fine enough for a start that is off its grid. */
function fineTimescale(frameRateNumerator: number): number {
  let timescale = frameRateNumerator;
  while (timescale < 20_000) timescale *= 2;
  return timescale;
}

const roundingSeconds = 1e-6;

/**
 * A rest of video shorter than this joins the interval before it: the cost of a key frame is not made up for by the few that
 * follow. Less than half a second, so that EXT-X-TARGETDURATION, which is compared with rounded durations, stays the grid's.
 */
const shortestLastSeconds = 0.45;

/** An interval for each boundary before the end; a short last one joins the one before it. */
function videoSegmentCount(grid: Grid, endSeconds: number): number {
  return gridIndex(grid, "video", Math.max(0, endSeconds - shortestLastSeconds + roundingSeconds)) + 1;
}

/** A rest of audio shorter than this is left out: it would be a segment of one or two packets. */
const leastAudioSeconds = 0.05;

function audioSegmentCount(endSeconds: number, segmentSeconds: number): number {
  return Math.max(1, Math.ceil((endSeconds - leastAudioSeconds) / segmentSeconds));
}

/** Less video than this, in seconds, is no first segment. */
const leastRampSeconds = 0.5;
/** One second, and then twice as far each time, up to the segment's length. */
function rampFrom(startSeconds: number, frameRate: number, segmentSeconds: number): number[] {
  const ramp: number[] = [];
  for (let at = 1; at < segmentSeconds && frameRate >= leastRampFrameRate; at *= 2) {
    if (at >= startSeconds + leastRampSeconds) ramp.push(at);
  }
  return ramp;
}
