/** Facts and a plan for tests: 26 s of 1080p25 with audio of the same length. */
import type { Facts, VideoFacts } from "./facts.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";

export function exampleFacts(video: Partial<VideoFacts> = {}): Facts {
  return {
    container: "mov,mp4,m4a,3gp,3g2,mj2",
    access: "source",
    video: {
      stream: 0,
      codec: "h264",
      width: 1920,
      height: 1080,
      frameRate: 25,
      frameRateNumerator: 25,
      variableFrameRate: false,
      isConstantByIndex: true,
      reorderedFrames: 2,
      isInterlaced: false,
      pixelFormat: "yuv420p",
      x264Build: null,
      colour: { range: "standard", matrix: "bt709", isFullSwing: false },
      startSeconds: 0,
      lastSeconds: null,
      mended: [],
      wrongTimes: 0,
      longGops: [],
      longestFrameSeconds: 0,
      endSeconds: 26,
      ...video,
    },
    audio: [
      {
        stream: 1,
        codec: "aac",
        channels: 2,
        sampleRate: 44_100,
        language: "eng",
        title: null,
        isDefault: true,
        startSeconds: 0,
        endSeconds: video.endSeconds ?? 26,
      },
    ],
    warnings: [],
    subtitles: [],
  };
}

export function examplePlan(video: Partial<VideoFacts> = {}): Plan {
  return makePlan(exampleFacts(video), { segmentSeconds: 4, networkSpeed: 10 });
}
