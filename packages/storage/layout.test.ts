import { expect, test } from "bun:test";
import * as layout from "./layout.ts";

test("each name of a video's streams is recognised as what it is", () => {
  const { parseStreamPath: parse } = layout;
  expect(parse(layout.masterFile)).toEqual({ kind: "master" });
  expect(parse(layout.manifestFile)).toEqual({ kind: "manifest" });
  expect(parse(layout.posterFile)).toEqual({ kind: "poster" });
  expect(parse(layout.finishedFile)).toEqual({ kind: "finished" });
  expect(parse(layout.storyboardFile)).toEqual({ kind: "storyboard" });
  expect(parse(layout.sheetPath(7))).toEqual({ kind: "sheet", sheet: 7 });
  expect(parse(layout.playlistPath("720p"))).toEqual({ kind: "playlist", rendition: "720p" });
  expect(parse(`720p/${layout.iframesFile}`)).toEqual({ kind: "iframes", rendition: "720p" });
  for (const index of [0, 42, 99_999, 123_456]) {
    expect(parse(layout.segmentPath("audio-1", index))).toEqual({ kind: "segment", rendition: "audio-1", index });
  }
  expect(parse(`720p/${layout.initFile("h264_nvenc-0a1b2c3d")}`)).toEqual({
    kind: "init",
    rendition: "720p",
    encoder: "h264_nvenc-0a1b2c3d",
  });
  const folder = layout.embeddedFolder(1, "pt-BR");
  expect(parse(layout.subtitlePath(folder))).toEqual({ kind: "subtitles", folder: "2-pt-BR" });
  expect(parse(layout.subtitlePlaylistPath(folder))).toEqual({ kind: "subtitlePlaylist", folder: "2-pt-BR" });
});

test("no other path below a video's streams is recognised", () => {
  const others = ["", "720p", "720p/", "720p/segment-1.m4s", "720p/segment-00001.ts", "720p/init-.mp4", "a/b/c/d"];
  const hostile = ["../master.m3u8", "720p/../master.m3u8", "720P/playlist.m3u8", "subtitles/../playlist.m3u8"];
  const inherited = ["constructor", "toString", "__proto__"];
  for (const path of [...others, ...hostile, ...inherited, "storyboard/sheet-1.jpg", "subtitles/2-en/720p.m3u8"]) {
    expect([path, layout.parseStreamPath(path)]).toEqual([path, null]);
  }
});

test("no id and no name of another form becomes a key", () => {
  const ids = ["", ".", "..", "a/b", "a%2fb", "a\\b", "a.b", "ä", "a\n", "x".repeat(65)];
  const { folderOf, ...byId } = {
    folderOf: layout.streamsKey,
    originals: layout.originalsKey,
    original: (id: string) => layout.originalKey(id, "film.mp4"),
    stream: (id: string) => layout.streamKey(id, layout.masterFile),
    finished: layout.finishedKey,
    mark: layout.privateMarkKey,
    thumbnail: (id: string) => layout.thumbnailKey(id, "png"),
  };
  for (const key of [folderOf, ...Object.values(byId)]) {
    expect(key("V1StGXR8_Z5jdHi6B-myT")).toContain("V1StGXR8_Z5jdHi6B-myT");
    for (const id of ids) expect(() => key(id)).toThrow(layout.InvalidKeyError);
  }
  for (const name of ["", "..", "../film.mp4", "a/film.mp4", "a\\film.mp4", "film\u0000.mp4"]) {
    expect(() => layout.originalKey("a", name)).toThrow(layout.InvalidKeyError);
  }
  for (const path of ["", ".", "../b/master.m3u8", "720p//a", "/720p", "720p/.hidden", "a/b/c/d/e/f", "720p\\a"]) {
    expect(() => layout.streamKey("a", path)).toThrow(layout.InvalidKeyError);
  }
});

test("names of originals are the uploader's, in any script", () => {
  for (const name of ["film.mp4", ".film.mp4", "Übung – №1, fin.mp4", "映画.mkv"]) {
    expect(layout.originalKey("a", name)).toBe(`originals/a/${name}`);
    expect(layout.isOriginalKey(layout.originalKey("a", name))).toBe(true);
  }
  expect(layout.isOriginalKey(layout.streamKey("a", layout.masterFile))).toBe(false);
});

test("the patterns of work files recognise what the functions make, and no more", () => {
  const uuid = crypto.randomUUID();
  expect(layout.temporaryFilePattern.test(layout.temporaryFile(uuid))).toBe(true);
  expect(layout.keptChunkPattern.test(layout.keptChunkFile(uuid))).toBe(true);
  expect(layout.muxedSegmentPattern.test(layout.muxedSegmentFile(12))).toBe(true);
  expect(layout.thumbnailKinds.map((kind) => layout.thumbnailKindOf(layout.thumbnailFile(kind)))).toEqual([
    ...layout.thumbnailKinds,
  ]);
  expect(layout.thumbnailKindOf("../thumbnail.jpg")).toBeNull();
  for (const name of [layout.sourceFile, layout.newSourceFile, layout.incomingFolder]) {
    expect(layout.keptChunkPattern.test(name)).toBe(false);
  }
  expect(layout.muxedSegmentPattern.test(layout.muxedPlaylistFile)).toBe(false);
  expect(layout.isVideoId(layout.incomingFolder)).toBe(false);
});

/** What version 1 is. A storage on somebody's disk has these names: a change here needs another version. */
test("layout version 1", () => {
  const id = "V1StGXR8";
  expect(layout.layoutVersion).toBe(1);
  expect([
    layout.layoutFile,
    ...Object.values(layout.databaseFiles),
    layout.playbackKeysFile,
    layout.serviceKeyFile,
    ...Object.values(layout.folders),
    layout.originalKey(id, "film.mp4"),
    layout.streamKey(id, layout.masterFile),
    layout.streamKey(id, layout.manifestFile),
    layout.streamKey(id, layout.posterFile),
    layout.finishedKey(id),
    layout.streamKey(id, layout.playlistPath("720p")),
    layout.streamKey(id, `720p/${layout.iframesFile}`),
    layout.streamKey(id, layout.segmentPath("720p", 12)),
    layout.streamKey(id, `720p/${layout.initFile("libx264")}`),
    layout.streamKey(id, layout.storyboardFile),
    layout.streamKey(id, layout.sheetPath(0)),
    layout.streamKey(id, layout.subtitlePath(layout.embeddedFolder(1, "en"))),
    layout.streamKey(id, layout.subtitlePlaylistPath("de")),
    layout.privateMarkKey(id),
    layout.thumbnailKey(id, "webp"),
  ]).toEqual([
    "layout.json",
    "uploads.db",
    "transcoding.db",
    "videos.db",
    "playback-keys.json",
    "service-key",
    "originals",
    "hls",
    "private",
    "thumbnails",
    "uploads",
    "transcoding",
    "originals/V1StGXR8/film.mp4",
    "hls/V1StGXR8/master.m3u8",
    "hls/V1StGXR8/manifest.mpd",
    "hls/V1StGXR8/poster.jpg",
    "hls/V1StGXR8/finished.json",
    "hls/V1StGXR8/720p/playlist.m3u8",
    "hls/V1StGXR8/720p/iframes.m3u8",
    "hls/V1StGXR8/720p/segment-00012.m4s",
    "hls/V1StGXR8/720p/init-libx264.mp4",
    "hls/V1StGXR8/storyboard/storyboard.vtt",
    "hls/V1StGXR8/storyboard/sheet-000.jpg",
    "hls/V1StGXR8/subtitles/2-en/subtitles.vtt",
    "hls/V1StGXR8/subtitles/de/playlist.m3u8",
    "private/V1StGXR8",
    "thumbnails/V1StGXR8/thumbnail.webp",
  ]);
});
