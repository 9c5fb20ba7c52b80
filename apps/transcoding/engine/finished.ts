/**
 * The sign that a video is finished: a file, written last of all. Playlists look the same from their first writing on, so
 * without it nobody could tell from the files whether they will change; with it they may be kept by browsers and CDNs.
 * Captions that are given later do change the master, so what is kept is still asked for anew after a while.
 */

/** The key of a finished video's sign; its content is of no matter. */
export const finishedKey = (videoId: string): string => `hls/${videoId}/finished.json`;
