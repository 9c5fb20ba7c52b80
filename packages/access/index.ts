/** Who may play a video: tokens, the keys that sign them, and the paths that carry them. */
export { type PlayPath, playPath, splitPlayPath, withoutPlaybackToken } from "./play-path.ts";
export { type PlaybackKey, playbackKey } from "./playback-key.ts";
export { playbackTokenExpiry, signPlaybackToken, verifyPlaybackToken } from "./playback-token.ts";
