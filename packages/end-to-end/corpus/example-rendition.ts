/** Renditions as an inspection would find them, for tests of the checks: one without a fault, but for what a test changes. */
import type { InspectedRendition } from "../inspect-stream.ts";
import type { SegmentTimes } from "../segment-times.ts";

/** Decoded and shown from one time to another, in seconds. */
export const exampleTimes = (start: number, end: number): SegmentTimes => ({
  ...{ decodeStart: start, decodeEnd: end },
  ...{ start, end, shown: [start] },
});

/** 640x360 at 25 frames a second, from 0 to 4 s. */
export function exampleVideo(changes: Partial<InspectedRendition> = {}): InspectedRendition {
  return {
    uri: "360p/playlist.m3u8",
    attributes: { RESOLUTION: "640x360", CODECS: "avc1.4d401e,mp4a.40.2" },
    segments: [{ uri: "segment-00000.m4s", durationSeconds: 4, bytes: 400_000, times: exampleTimes(0, 4) }],
    ended: true,
    listedSeconds: 4,
    width: 640,
    height: 360,
    pixelAspect: 1,
    codec: "h264",
    codecStrings: ["avc1.4d401e"],
    profile: "Main",
    level: 30,
    frameRate: 25,
    frames: 100,
    times: [],
    keyFrames: [0],
    lastSeconds: 0.04,
    startSeconds: 0,
    endSeconds: 4,
    decodeErrors: [],
    ...changes,
  };
}

/** From 0 to 4 s. */
export function exampleAudio(changes: Partial<InspectedRendition> = {}): InspectedRendition {
  const audio = { uri: "audio/playlist.m3u8", attributes: {}, width: 0, height: 0, codec: "aac", profile: "LC" };
  return exampleVideo({ ...audio, codecStrings: ["mp4a.40.2"], ...changes });
}
