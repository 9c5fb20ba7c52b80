/**
 * `/play/{token}/{id}/…` is what `/stream/{id}/…` is, with a token. The token stands before everything else of the path,
 * so that the relative addresses in playlists keep it, whatever the player; a query would be lost at the first of them.
 */

/** A path that carries a token. Nothing of it is checked. */
export interface PlayPath {
  token: string;
  /** The same without it: `/stream/{id}/…`. */
  streamPath: string;
}

/** @example playPath(token, "V1StGXR8", "master.m3u8") // "/play/k1.tz8w0g.…/V1StGXR8/master.m3u8" */
export const playPath = (token: string, videoId: string, file: string): string => `/play/${token}/${videoId}/${file}`;

/** Null for a path of another kind. */
export function splitPlayPath(path: string): PlayPath | null {
  const [, token, rest] = /^\/play\/([^/]*)\/(.*)$/s.exec(path) ?? [];
  return token === undefined ? null : { token, streamPath: `/stream/${rest}` };
}

/** The path as it may stand in a log: a token is as good as a password until it expires. */
export const withoutPlaybackToken = (path: string): string => path.replace(/^\/play\/[^/]*/, "/play/(token)");
