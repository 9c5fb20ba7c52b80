/** Caption files: SubRip and WebVTT, read into cues and written as WebVTT. Pure; needs no ffmpeg. */
export { type Captions, CaptionsError, type Cue } from "./cues.ts";
export { parseSubrip } from "./parse-subrip.ts";
export { isWebvtt, parseWebvtt } from "./parse-webvtt.ts";
export { onMediaTimeline, writeWebvtt } from "./write-webvtt.ts";
