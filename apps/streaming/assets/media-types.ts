/**
 * Our own table of media types, by the ending of the name. A runtime's guess is wrong for video: `.ts` is TypeScript to
 * it. What is not listed is bytes, so that nothing uploaded is ever run as a page.
 */
const types: Record<string, string> = {
  // Streams: RFC 8216 for .m3u8, ISO/IEC 23009-1 for .m4s and .mpd.
  m3u8: "application/vnd.apple.mpegurl",
  mpd: "application/dash+xml",
  m4s: "video/iso.segment",
  ts: "video/mp2t",
  vtt: "text/vtt",
  // Pictures beside them.
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  // Originals, and the init segments named .mp4.
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/quicktime",
  mkv: "video/x-matroska",
  webm: "video/webm",
  avi: "video/x-msvideo",
  flv: "video/x-flv",
  wmv: "video/x-ms-wmv",
  mpg: "video/mpeg",
  mpeg: "video/mpeg",
  m2ts: "video/mp2t",
  mts: "video/mp2t",
  "3gp": "video/3gpp",
  ogv: "video/ogg",
  // Audio alone.
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  aac: "audio/aac",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  flac: "audio/flac",
  wav: "audio/wav",
};

/** The media type for a file of this name. */
export function mediaTypeOf(name: string): string {
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return (Object.hasOwn(types, ending) ? types[ending] : undefined) ?? "application/octet-stream";
}
