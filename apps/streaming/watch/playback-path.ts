/** Where a video's files are: the one place that makes such an address. */

/**
 * The folder of a video's files, as a path below the service's own address, without a slash at either end.
 *
 * @param token lets one play a private video; before everything else in the path, since the relative addresses in playlists
 *   then keep it in any player
 */
export const playbackPath = (videoId: string, token?: string): string =>
  token === undefined ? `stream/${videoId}` : `play/${encodeURIComponent(token)}/${videoId}`;
