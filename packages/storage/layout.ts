/**
 * Where everything in the storage is. Each key, folder and file name is spelt here and nowhere else: as a function that
 * makes it, and as a function or pattern that recognises it. Functions that take an id or a name check it, so that nothing
 * from outside reaches a path unchecked. No I/O: browsers and contracts import this module, too.
 *
 *     layout.json                         version of this layout, see layout-version.ts
 *     uploads.db  transcoding.db  videos.db     databases of upload, transcoding and metadata
 *     playback-keys.json                  keys that sign playback tokens
 *     service-key                         the key by which the services recognise each other
 *     originals/{id}/{file name}          sources, as uploaded
 *     uploads/{id}/source  chunk-{uuid}  anew   a source that is being received
 *     uploads/.incoming/{uuid}            bytes of a chunk that has no place yet
 *     transcoding/{id}/                   workspace of ffmpeg: copies of the source, and folders tmp-…
 *     hls/{id}/                           what is played, see `parseStreamPath`
 *     private/{id}                        exists while the video is private
 *     thumbnails/{id}/thumbnail.jpg       an uploaded thumbnail (jpg, png, webp)
 *
 * A name is changed, or a folder moved, together with `layoutVersion` and a migration.
 */
export const layoutVersion = 1;
/** Holds `{"version": 1}`, or `{"restoring": "…"}` until a restore is finished. */
export const layoutFile = "layout.json";

/** The folders of the storage. */
export const folders = {
  originals: "originals",
  streams: "hls",
  privateMarks: "private",
  thumbnails: "thumbnails",
  /** Sources that are being received. Local files. */
  uploads: "uploads",
  /** Files that ffmpeg is writing. Local files. */
  workspaces: "transcoding",
} as const;

/** The database files, by service. */
export const databaseFiles = { upload: "uploads.db", transcoding: "transcoding.db", metadata: "videos.db" } as const;
export const playbackKeysFile = "playback-keys.json";
/** Absent until a service runs with `AUTH=keys`. */
export const serviceKeyFile = "service-key";

// Names from outside

/** The only form of a video's id that is let near a path, a database or a command. */
export const videoIdPattern = /^[A-Za-z0-9_-]{1,64}$/;
export const isVideoId = (id: string): boolean => videoIdPattern.test(id);

export const renditionNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
export const isRenditionName = (name: string): boolean => renditionNamePattern.test(name);

/** A file that this system made. Such names do not begin with a dot, so hidden files are never served. */
export const fileNamePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const isFileName = (name: string): boolean => fileNamePattern.test(name);

export const maxPathDepth = 5;
/** File names of this system, joined by `/`: a path below the folder of a video's streams. */
export function isAssetPath(path: string): boolean {
  const names = path.split("/");
  return names.length <= maxPathDepth && names.every(isFileName);
}

/** As file systems count that store UTF-16. */
export const maxOriginalNameLength = 255;

/**
 * What keeps a text from being the name of an original, as the end of a sentence; null where nothing does. The name is the
 * uploader's own: one plain file in any script, and it may begin with a dot.
 *
 * @example originalNameProblem("../a.mp4") // "holds a path"
 */
export function originalNameProblem(name: string): string | null {
  if (name === "") return "is empty";
  if (/[/\\]/.test(name)) return "holds a path";
  if (/\p{Cc}/u.test(name)) return "holds a control character";
  if (!name.isWellFormed()) return "is no Unicode text";
  if (/^\.*(\.[^.]*)?$/.test(name)) return "has nothing before its ending";
  if (name.length > maxOriginalNameLength) return `has ${name.length} characters`;
  return null;
}

const isOriginalName = (name: string): boolean => originalNameProblem(name) === null;

/** Thrown for what is no key of a store, or no name of the expected form. */
export class InvalidKeyError extends Error {
  override name = "InvalidKeyError";
}

/** The key itself when it is plain names joined by `/`; every store checks its keys so. */
export function checkedKey(key: string): string {
  if (key.length > 1024 || forbidden.test(key)) {
    throw new InvalidKeyError(`Not a key: ${JSON.stringify(key.slice(0, 100))}`);
  }
  return key;
}

/** A part that is empty, `.` or `..`; a control character; the separator of other systems. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const forbidden = /(?:^|\/)\.{0,2}(?:\/|$)|[\x00-\x1f\x7f-\x9f\\]/;

/** @throws InvalidKeyError for a name that is not of the expected form */
function checked(what: string, name: string, isValid: (name: string) => boolean): string {
  if (!isValid(name)) throw new InvalidKeyError(`Not ${what}: ${JSON.stringify(name.slice(0, 100))}`);
  return name;
}

const checkedId = (videoId: string): string => checked("a video id", videoId, isVideoId);

// Keys of a video; all of them throw InvalidKeyError for a name that is not of the expected form

/** The folder of a video's original. */
export const originalsKey = (videoId: string): string => `${folders.originals}/${checkedId(videoId)}`;
export const originalKey = (videoId: string, filename: string): string =>
  `${originalsKey(videoId)}/${checked("the name of an original", filename, isOriginalName)}`;
/** Originals are the only files that never change and whose names say nothing about them. */
export const isOriginalKey = (key: string): boolean => key.startsWith(`${folders.originals}/`);

/** The folder of all that is played of a video. */
export const streamsKey = (videoId: string): string => `${folders.streams}/${checkedId(videoId)}`;
/** @param path such as `masterFile` or `segmentPath("720p", 3)` */
export const streamKey = (videoId: string, path: string): string =>
  `${streamsKey(videoId)}/${checked("a path of a video", path, isAssetPath)}`;

/** The folder of a rendition; segments and playlists are in it. */
export const renditionKey = (videoId: string, rendition: string): string => streamKey(videoId, rendition);
/** The id in a key of a video; empty where the key is of none. */
export const videoIdOf = (key: string): string => key.split("/")[1] ?? "";

/** Exists while a video is private. Its content is empty. */
export const privateMarkKey = (videoId: string): string => `${folders.privateMarks}/${checkedId(videoId)}`;

/** The folder of a video's uploaded thumbnails. */
export const thumbnailsKey = (videoId: string): string => `${folders.thumbnails}/${checkedId(videoId)}`;
export const thumbnailKinds = ["jpg", "png", "webp"] as const;
export type ThumbnailKind = (typeof thumbnailKinds)[number];
export const thumbnailFile = (kind: ThumbnailKind): string => `thumbnail.${kind}`;
export const thumbnailKey = (videoId: string, kind: ThumbnailKind): string =>
  `${thumbnailsKey(videoId)}/${thumbnailFile(kind)}`;
/** Null for a name that is not of this system. */
export const thumbnailKindOf = (name: string): ThumbnailKind | null =>
  thumbnailKinds.find((kind) => thumbnailFile(kind) === name) ?? null;

// Paths below a video's streams

/** The entry of HLS. */
export const masterFile = "master.m3u8";
/** The entry of DASH. */
export const manifestFile = "manifest.mpd";
export const posterFile = "poster.jpg";
/**
 * Written when the video is finished, last of all. Playlists look the same from their first writing on, so without this
 * file nobody could tell whether they will change. Its content has no meaning.
 */
export const finishedFile = "finished.json";
export const finishedKey = (videoId: string): string => streamKey(videoId, finishedFile);

/** In the folder of a rendition. */
export const playlistFile = "playlist.m3u8";
/**
 * Of streams that were imported from an older system: in the folder of a rendition its playlist, and beside the master a copy of it,
 * which is removed last.
 */
export const earlierPlaylistFile = "earlier.m3u8";
const earlierSegmentPattern = /^segment_\d{3,7}\.ts$/;
export const isEarlierSegment = (name: string): boolean => earlierSegmentPattern.test(name);
/** In the folder of a rendition with video: the playlist of its key frames. */
export const iframesFile = "iframes.m3u8";
export const segmentFile = (index: number): string => `segment-${String(index).padStart(5, "0")}.m4s`;
/** `segmentFile` as a template of DASH (ISO/IEC 23009-1, 5.3.9.4.4). */
export const segmentTemplate = "segment-$Number%05d$.m4s";
/** The init segment of an encoder; known before it exists, so that playlists can name it. */
export const initFile = (encoder: string): string => `init-${encoder}.mp4`;

export const subtitlesFolder = "subtitles";
/** In the folder of a subtitle track. */
export const subtitleFile = "subtitles.vtt";
/**
 * The folder of the `position`-th subtitle track of a source, from 0. It begins with a digit, so it never equals that of a
 * sidecar, which is a language.
 */
export const embeddedFolder = (position: number, language: string | null): string =>
  language ? `${position + 1}-${language}` : String(position + 1);

export const storyboardFolder = "storyboard";
export const sheetFile = (sheet: number): string => `sheet-${String(sheet).padStart(3, "0")}.jpg`;
/** `sheetFile` as a template of DASH. */
export const sheetTemplate = "sheet-$Number%03d$.jpg";
/** Written last, so that where it is all sheets are. */
export const storyboardFile = `${storyboardFolder}/storyboard.vtt`;

export const playlistPath = (rendition: string): string => `${rendition}/${playlistFile}`;
export const segmentPath = (rendition: string, index: number): string => `${rendition}/${segmentFile(index)}`;
export const sheetPath = (sheet: number): string => `${storyboardFolder}/${sheetFile(sheet)}`;
/** The folder of a subtitle track. */
export const subtitleTrackPath = (folder: string): string => `${subtitlesFolder}/${folder}`;
export const subtitlePath = (folder: string): string => `${subtitleTrackPath(folder)}/${subtitleFile}`;
export const subtitlePlaylistPath = (folder: string): string => `${subtitleTrackPath(folder)}/${playlistFile}`;

/** What a path below a video's streams is. */
export type StreamPath =
  | { kind: "earlier"; rendition: string | null }
  | { kind: "master" | "manifest" | "poster" | "finished" | "storyboard" }
  | { kind: "sheet"; sheet: number }
  | { kind: "playlist" | "iframes"; rendition: string }
  | { kind: "segment"; rendition: string; index: number }
  | { kind: "init"; rendition: string; encoder: string }
  | { kind: "subtitles" | "subtitlePlaylist"; folder: string };

const entries: Record<string, "master" | "manifest" | "poster" | "finished" | "storyboard"> = {
  [masterFile]: "master",
  [manifestFile]: "manifest",
  [posterFile]: "poster",
  [finishedFile]: "finished",
  [storyboardFile]: "storyboard",
};
const segmentPattern = /^segment-(\d{5,7})\.m4s$/;
const initPattern = /^init-([a-z0-9_-]+)\.mp4$/;
const sheetPattern = /^sheet-(\d{3,6})\.jpg$/;

/** The inverse of the names above; null for any other path. */
export function parseStreamPath(path: string): StreamPath | null {
  if (Object.hasOwn(entries, path)) return { kind: entries[path] ?? "master" };
  if (path === earlierPlaylistFile) return { kind: "earlier", rendition: null };
  const [folder = "", file = "", third] = path.split("/");
  if (third !== undefined) {
    if (folder !== subtitlesFolder || !isFileName(file)) return null;
    if (path === subtitlePath(file)) return { kind: "subtitles", folder: file };
    return path === subtitlePlaylistPath(file) ? { kind: "subtitlePlaylist", folder: file } : null;
  }
  if (folder === storyboardFolder) {
    const sheet = sheetPattern.exec(file)?.[1];
    return sheet === undefined ? null : { kind: "sheet", sheet: Number(sheet) };
  }
  if (!isRenditionName(folder)) return null;
  if (file === playlistFile) return { kind: "playlist", rendition: folder };
  if (file === earlierPlaylistFile || isEarlierSegment(file)) return { kind: "earlier", rendition: folder };
  if (file === iframesFile) return { kind: "iframes", rendition: folder };
  const index = segmentPattern.exec(file)?.[1];
  if (index !== undefined) return { kind: "segment", rendition: folder, index: Number(index) };
  const encoder = initPattern.exec(file)?.[1];
  return encoder === undefined ? null : { kind: "init", rendition: folder, encoder };
}

/** Segments and init segments: once in place they never change. */
export const isMediaFile = (name: string): boolean => /\.(m4s|mp4|ts)$/.test(name);

// A source that is being received, in `uploads/{id}/`

/** The source, incomplete. */
export const sourceFile = "source";
/** A source that is put together a second time. */
export const newSourceFile = "anew";
/** Beside the folders of uploads; an upload's id never begins with a dot. */
export const incomingFolder = ".incoming";
/** A chunk that is acknowledged and not in the source yet. */
export const keptChunkFile = (uuid: string): string => `chunk-${uuid}`;
export const keptChunkPattern = /^chunk-[0-9a-f-]{36}$/;

// The workspace of ffmpeg, `transcoding/{id}/`

/** Begins the name of what is removed at the next start. */
export const workspaceTemporaryPrefix = "tmp-";
/** The Matroska copy of a source that does not seek exactly. */
export const sourceCopyFile = "source.mkv";
/** The decoded audio of a source whose packets cannot be decoded one by one. */
export const audioCopyFile = "sound.mka";
/** What the muxer writes, in a folder for each rendition. */
export const muxedInitFile = "init.mp4";
export const muxedSegmentFile = (number: number): string => `${number}.m4s`;
/** `muxedSegmentFile` as the muxer takes it. */
export const muxedSegmentTemplate = "%d.m4s";
export const muxedSegmentPattern = /^\d+\.m4s$/;
export const muxedPlaylistFile = "made.m3u8";

// Content that is being written, beside its place

/** @param unique 36 lower-case hexadecimal digits and dashes */
export const temporaryFile = (unique: string): string => `.${unique}.tmp`;
export const temporaryFilePattern = /^\.[0-9a-f-]{36}\.tmp$/;
/** Written and removed to see whether a directory takes writes. */
export const probeFile = (unique: string): string => `.check-${unique}`;
