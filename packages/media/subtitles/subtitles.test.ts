import { describe, expect, test } from "bun:test";
import { embeddedFolder } from "@video-backend/storage/layout";
import { languageTag } from "../languages.ts";
import { guardedInput } from "../spawn.ts";
import { namedTracks } from "../track-names.ts";
import { closedCaptionsQuestion } from "./closed-captions.ts";
import { subtitleCommand } from "./command.ts";
import { subtitleFactsOf, whyNotText } from "./facts.ts";
import { type SubtitleTrack, subtitleLines, subtitlePlaylist } from "./tracks.ts";

const track = (folder: string, more: Partial<SubtitleTrack> = {}): SubtitleTrack => ({
  folder,
  title: null,
  language: null,
  isDefault: false,
  isForced: false,
  ...more,
});

test("all tracks are taken out in one reading, on the video's time line", () => {
  const outputs = [
    { stream: 2, path: "/w/1.vtt" },
    { stream: 4, path: "/w/2.vtt" },
  ];
  const output = (stream: number, path: string) =>
    `-map 0:${stream} -map_metadata -1 -map_chapters -1 -c:s webvtt -avoid_negative_ts disabled -f webvtt file:${path}`;
  expect(subtitleCommand("/originals/a/a b.mkv", outputs, 1).join(" ")).toBe(
    [
      "-hide_banner -nostdin -loglevel error -nostats -y -copyts -start_at_zero",
      `${guardedInput.join(" ")} -i file:/originals/a/a b.mkv`,
      output(2, "/w/1.vtt"),
      output(4, "/w/2.vtt"),
      "-progress pipe:1 -stats_period 1",
    ].join(" "),
  );
});

test("captions within the video are looked for in its first frames", () => {
  expect(closedCaptionsQuestion("/originals/a/a.ts", 0).join(" ")).toBe(
    `-v error -threads 1 ${guardedInput.join(" ")} -select_streams 0 -read_intervals %+#12 -show_entries frame=side_data_list:side_data=side_data_type -of csv=p=0 -i file:/originals/a/a.ts`,
  );
});

test("the facts of a track are those that people choose by", () => {
  const streams = [
    { index: 0, codec_type: "video", codec_name: "h264" },
    { index: 2, codec_type: "subtitle", codec_name: "ass", tags: { LANGUAGE: "ger", title: " Signs " } },
    { index: 3, codec_type: "subtitle", tags: { language: "und" }, disposition: { default: 1, forced: 1 } },
    { index: 4, codec_type: "data", codec_name: "eia_608" },
  ];
  const plain = { language: null, title: null, isDefault: false, isForced: false };
  expect(subtitleFactsOf(streams)).toEqual([
    { ...plain, stream: 2, codec: "ass", language: "de", title: "Signs" },
    { ...plain, stream: 3, codec: "unknown", isDefault: true, isForced: true },
    { ...plain, stream: 4, codec: "eia_608" },
  ]);
});

test("what is no text is told why", () => {
  for (const codec of ["subrip", "ass", "ssa", "webvtt", "mov_text", "text"]) expect(whyNotText(codec)).toBeNull();
  for (const codec of ["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"])
    expect(whyNotText(codec)).toBe(`These subtitles are pictures (${codec}), and only text is taken`);
  expect(whyNotText("eia_608")).toBe("Closed captions (eia_608) are not taken");
  expect(whyNotText("unknown")).toBe("ffmpeg cannot make text of this codec (unknown)");
});

test("languages are BCP 47, whatever the container calls them", () => {
  expect(["eng", "deu", "ger", "pt-br", "chi", "constructor", "not a language", null].map(languageTag)).toEqual([
    "en",
    "de",
    "de",
    "pt-BR",
    "zh",
    null,
    null,
    null,
  ]);
});

test("a folder is a number and a language", () => {
  expect(embeddedFolder(0, "en")).toBe("1-en");
  expect(embeddedFolder(1, null)).toBe("2");
});

describe("the lines of the master", () => {
  test("have names that differ: the title, else the language, else a word", () => {
    const tracks = [
      track("en", { language: "en" }),
      track("1-en", { language: "en" }),
      track("2-en", { language: "en", title: 'The "director"\nspeaks' }),
      track("3"),
      track("4", { title: "English 2" }),
    ];
    expect(namedTracks(tracks, "Subtitles").map(({ name }) => name)).toEqual([
      "English",
      "English 2",
      "The 'director' speaks",
      "Subtitles",
      "English 2 2",
    ]);
  });

  test("tell language, default and forced; one is the default at most", () => {
    const tracks = [
      track("de", { language: "de" }),
      track("1-en", { language: "en", isForced: true }),
      track("2-fr", { language: "fr", isDefault: true }),
      track("3", { isDefault: true }),
    ];
    expect(subtitleLines(tracks)).toEqual([
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="German",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles/de/playlist.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="subtitles/1-en/playlist.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="French",LANGUAGE="fr",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="subtitles/2-fr/playlist.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Subtitles",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="subtitles/3/playlist.m3u8"',
    ]);
  });
});

test("a track's playlist is one segment as long as the video", () => {
  expect(subtitlePlaylist(26.4)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:26
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:26.400000,
subtitles.vtt
#EXT-X-ENDLIST
`);
});
