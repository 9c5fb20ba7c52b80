/** What tests share. */
export { type Clip, makeClip } from "./clip.ts";
export { freePort } from "./free-port.ts";
export { type HeldDatabase, holdDatabase } from "./hold-database.ts";
export { longestDelay } from "./longest-delay.ts";
export { neededBufferKbits } from "./needed-buffer.ts";
export {
  delayAt,
  makeNumberedClip,
  type NumberedClip,
  type NumberedFrame,
  numberedFrames,
  sampleRate,
  samplesOf,
} from "./numbered-clip.ts";
export { createRandom, type Random } from "./random.ts";
export { connectRaw, type RawAnswer, type RawConnection } from "./raw-connection.ts";
export { addSubtitles, type SubtitleTrackOfClip } from "./subtitles.ts";
export { type Reply, type RequestParts, transcript } from "./transcript.ts";
export { until } from "./until.ts";
export { type ReceivedEvent, startWebhookReceiver } from "./webhook-receiver.ts";
export { type Clock, createWorld, type World } from "./world.ts";
