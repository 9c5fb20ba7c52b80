/**
 * A video is private while there is a file of its name in this folder of the storage: metadata puts it there before it
 * says so, streaming asks for nothing else. A mark, and not a folder of public videos, since a mark may only close: what
 * is lost on the way to it is told as an error, never taken for leave.
 */

/** The folder of all marks, a key of the storage. */
export const privateMarks = "private";

/** The key of a video's mark; the id was checked by pattern before. Its content is nothing. */
export const privateMark = (videoId: string): string => `${privateMarks}/${videoId}`;
