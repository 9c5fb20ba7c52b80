/**
 * What there is to choose from: qualities and audio tracks, told to the menus by the standard's audioTracks and by
 * videoRenditions, which the media-tracks package adds to the media element. Subtitles need nothing: hls.js lists them as
 * text tracks.
 */
import Hls, { type Level } from "hls.js";
import type { AudioTrack, AudioTrackList, VideoRenditionList, VideoTrack, VideoTrackList } from "media-tracks";

declare global {
  /** What the package adds; it declares this in a file that cannot be imported. */
  interface HTMLMediaElement {
    videoTracks: VideoTrackList;
    videoRenditions: VideoRenditionList;
    addVideoTrack(kind: string, label?: string, language?: string): VideoTrack;
    removeVideoTrack(track: VideoTrack): void;
    audioTracks: AudioTrackList;
    addAudioTrack(kind: string, label?: string, language?: string): AudioTrack;
    removeAudioTrack(track: AudioTrack): void;
  }
}

/** Keeps the lists in step with the stream, and the stream in step with what is chosen. */
export function listTracks(hls: Hls, video: HTMLVideoElement, closing: AbortSignal): void {
  listQualities(hls, video, closing);
  listAudio(hls, video, closing);
}

function listQualities(hls: Hls, video: HTMLVideoElement, closing: AbortSignal): void {
  const levels = new Map<string, Level>();
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    for (const track of [...video.videoTracks]) video.removeVideoTrack(track);
    levels.clear();
    const track = video.addVideoTrack("main");
    track.selected = true;
    for (const [index, level] of hls.levels.entries()) {
      const id = String(index);
      levels.set(id, level);
      // Audio alone has no picture to choose.
      if (!level.height) continue;
      const { url, width, height, videoCodec, bitrate } = level;
      track.addRendition(url[0] ?? "", width, height, videoCodec, bitrate).id = id;
    }
  });
  const choose = () => {
    const chosen = video.videoRenditions[video.videoRenditions.selectedIndex];
    const level = levels.get(chosen?.id ?? "");
    const index = level ? hls.levels.indexOf(level) : -1;
    // While it plays the change comes with the next segment; a picture that stands still is to change at once.
    if (video.paused && index >= 0) hls.currentLevel = index;
    else hls.nextLevel = index;
  };
  video.videoRenditions.addEventListener("change", choose, { signal: closing });
}

function listAudio(hls: Hls, video: HTMLVideoElement, closing: AbortSignal): void {
  hls.on(Hls.Events.AUDIO_TRACKS_UPDATED, (_, { audioTracks }) => {
    // Each quality may have a group of its own; the same names are the same choice.
    const names = audioTracks.map(({ name }) => name);
    if (names.join("\n") === [...video.audioTracks].map(({ label }) => label).join("\n")) return;
    for (const track of [...video.audioTracks]) video.removeAudioTrack(track);
    for (const [index, { name, lang, default: isDefault }] of audioTracks.entries()) {
      video.addAudioTrack(isDefault ? "main" : "alternative", name, lang ?? "").id = String(index);
    }
    mark();
  });
  const mark = () => {
    for (const [index, track] of [...video.audioTracks].entries()) track.enabled = index === hls.audioTrack;
  };
  hls.on(Hls.Events.AUDIO_TRACK_SWITCHING, mark);
  const choose = () => {
    const index = [...video.audioTracks].findIndex(({ enabled }) => enabled);
    if (index >= 0 && index !== hls.audioTrack) hls.audioTrack = index;
  };
  video.audioTracks.addEventListener("change", choose, { signal: closing });
}
