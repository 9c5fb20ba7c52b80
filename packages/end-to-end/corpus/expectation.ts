/** What should become of a file, read from the words of the index. */

/**
 * - `video`: a stream that passes every check.
 * - `video-or-error`: that, or an error with a reason; the file is damaged.
 * - `audio`: a stream of audio alone.
 * - `audio-or-error`: that, or an error with a reason; the video cannot be decoded.
 * - `error`: turned away, by the upload or by the transcoder, with a reason and at once.
 * - `any`: it ends, with a stream that passes every check or with a reason. For files that no index tells of.
 */
export type Expectation = "video" | "video-or-error" | "audio" | "audio-or-error" | "error" | "any";

const words: [beginning: string, Expectation][] = [
  ["transcode-or-fail-cleanly", "video-or-error"],
  ["transcode", "video"],
  ["audio-only", "audio"],
  ["fail-cleanly (video undecodable, audio ok)", "audio-or-error"],
  ["reject", "error"],
];

/** @throws Error for words that are not known: a file must not pass because nobody understood its row */
export function expectationOf(expect: string): Expectation {
  const known = words.find(([beginning]) => expect.startsWith(beginning));
  if (!known) throw new Error(`The index expects "${expect}", which means nothing here`);
  return known[1];
}

/** Whether it may end without a stream. */
export const mayFail = (expectation: Expectation): boolean => /error|any/.test(expectation);
