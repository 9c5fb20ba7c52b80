/** What the files below `hls/{id}/` are called. A rendition's lie in a folder of its name; the players' entries beside it. */
import type { Rendition } from "../plan.ts";

/** The entry of HLS. */
export const masterFile = "master.m3u8";
/** The entry of DASH. */
export const manifestFile = "manifest.mpd";

/** In a rendition's folder. */
export const playlistFile = "playlist.m3u8";
/** In the folder of a rendition with a picture: its key frames alone. */
export const iframesFile = "iframes.m3u8";
export const segmentFile = (index: number): string => `segment-${String(index).padStart(5, "0")}.m4s`;
/** `segmentFile` as a template of DASH (ISO/IEC 23009-1, 5.3.9.4.4). */
export const segmentTemplate = "segment-$Number%05d$.m4s";
/** The init segment of an encoder; known before it exists, so that playlists can name it. */
export const initFile = (encoder: string): string => `init-${encoder}.mp4`;

/**
 * The init segment that goes with what is not made yet.
 *
 * @param encoder name of the encoder of the pictures
 */
export const nextInitFile = ({ kind }: Rendition, encoder: string): string =>
  initFile(kind === "sound" ? "aac" : encoder);
