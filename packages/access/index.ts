/** Who may play a video: tokens, the keys that sign them, the paths that carry them, and the mark of a private video. */
export { type PlayPath, playPath, splitPlayPath, withoutPlaybackToken } from "./play-path.ts";
export { type PlaybackKey, playbackKey } from "./playback-key.ts";
export { playbackTokenExpiry, signPlaybackToken, verifyPlaybackToken } from "./playback-token.ts";
export { privateMark, privateMarks } from "./private-mark.ts";
