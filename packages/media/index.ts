/** What we know about video: facts, plan, chunks, ffmpeg commands, the check of segments, playlists. */
export { type Access, hasIndex } from "./access.ts";
export { changesInFlv, changesInMidStream, describesItself, isChainedOgg } from "./audio-changes.ts";
export { audioCommand } from "./audio-command.ts";
export {
  checkPlacement,
  EmptySegmentError,
  type ExpectedSegment,
  type MeasuredSegment,
  measureSegment,
  PlacementError,
  SegmentError,
} from "./check-segment.ts";
export { type Remaining, remainingChunks } from "./chunks.ts";
export { type CopiedTrack, copyInput, decodedAudio, isHeldAudio, remuxCommand } from "./copy.ts";
export { type Encoder, type EncoderSettings, knownEncoders, libx264, proofCommand } from "./encoders.ts";
export type { AudioFacts, Facts, VideoFacts } from "./facts.ts";
export { qualityLabel } from "./ladder.ts";
export { languageName } from "./languages.ts";
export { makePlan, type RateControl, rateControls } from "./make-plan.ts";
export { hasPackedAudio, packCommand, unpackCommand } from "./packed-audio.ts";
export {
  type AudioRendition,
  audioRenditions,
  audioSlackSeconds,
  type Chunk,
  demandedChunk,
  gridIndex,
  gridSeconds,
  type Has,
  isFar,
  missingOf,
  Plan,
  passedSeconds,
  plannedSeconds,
  plannedStartSeconds,
  type Rendition,
  repeatsAtBoundaries,
  segmentSpan,
  type VideoRendition,
  videoRenditions,
  wholeSeconds,
  withoutTrack,
} from "./plan.ts";
export { createGrowingLists, type GrowingLists } from "./playlists/growing-lists.ts";
export { iframePlaylist } from "./playlists/iframe-playlist.ts";
export { type LedgerSegment, type PlaylistState, segmentsOf } from "./playlists/listed-segments.ts";
export { type ManifestAccompaniment, manifest } from "./playlists/manifest.ts";
export { type Accompaniment, masterPlaylist } from "./playlists/master-playlist.ts";
export { mediaPlaylist } from "./playlists/media-playlist.ts";
export { nextInitFile } from "./playlists/next-init.ts";
export {
  isGoodPoster,
  measureOf,
  type PosterCandidate,
  posterCandidates,
  posterCommand,
  posterScore,
} from "./poster.ts";
export { hasPacketsFrom, keyFrameBefore, probe, SourceError } from "./probe.ts";
export { createRun, guardedInput, type Run, type RunOptions, type RunResult, run, withoutAddress } from "./spawn.ts";
export {
  type Storyboard,
  sheetCommand,
  sheetCount,
  sheetRuns,
  storyboardOf,
  storyboardVtt,
  type TileRun,
} from "./storyboard.ts";
export { charsetsFor, dropsCharacters, withCuesOf } from "./subtitles/charsets.ts";
export { hasClosedCaptions } from "./subtitles/closed-captions.ts";
export { type SubtitleOutput, subtitleCommand } from "./subtitles/command.ts";
export { type SubtitleFacts, whyNotText } from "./subtitles/facts.ts";
export {
  type SubtitleTrack,
  subtitlePlaylist,
  unnamedSubtitles,
} from "./subtitles/tracks.ts";
export { namedTracks } from "./track-names.ts";
export { type CommandSettings, entryCommand, videoCommand, wayIn } from "./video-command.ts";
