import { expect, test } from "bun:test";
import { parseMaster } from "./parse-master.ts";

test("the variants come with their announcements, in the order of the file", () => {
  const master = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",URI="audio/playlist.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=4000000,AVERAGE-BANDWIDTH=3500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="audio"',
    "720p/playlist.m3u8",
    "#EXT-X-STREAM-INF:BANDWIDTH=900000",
    "360p/playlist.m3u8",
    "",
  ].join("\n");
  expect(parseMaster(master)).toEqual([
    {
      name: "720p",
      playlist: "720p/playlist.m3u8",
      resolution: "1280x720",
      bandwidth: 4_000_000,
      averageBandwidth: 3_500_000,
    },
    {
      name: "360p",
      playlist: "360p/playlist.m3u8",
      resolution: null,
      bandwidth: 900_000,
      averageBandwidth: null,
    },
  ]);
});

test("a rendition listed for two audio groups counts once", () => {
  const line = (audio: string) => `#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="${audio}"\r\n720p/playlist.m3u8\r\n`;
  expect(parseMaster(`#EXTM3U\r\n${line("en")}${line("de")}`).map((variant) => variant.name)).toEqual(["720p"]);
});

test("subtitles are no variants, and a variant that has some is what it is without", () => {
  const uri = "subtitles/1-en/playlist.m3u8";
  const master = [
    "#EXTM3U",
    `#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="#EXT-X-STREAM-INF:BANDWIDTH=1",LANGUAGE="en",URI="${uri}"`,
    '#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,AUDIO="audio",SUBTITLES="subtitles"',
    "360p/playlist.m3u8",
  ].join("\n");
  expect(parseMaster(master)).toEqual([
    {
      name: "360p",
      playlist: "360p/playlist.m3u8",
      resolution: "640x360",
      bandwidth: 900_000,
      averageBandwidth: null,
    },
  ]);
});

test("key frames are no variants", () => {
  const master = [
    "#EXTM3U",
    '#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="#EXT-X-STREAM-INF:BANDWIDTH=1"',
    "#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360",
    "360p/playlist.m3u8",
    '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,RESOLUTION=640x360,URI="360p/iframes.m3u8"',
  ].join("\n");
  expect(parseMaster(master).map(({ playlist, bandwidth }) => [playlist, bandwidth])).toEqual([
    ["360p/playlist.m3u8", 900_000],
  ]);
});

test.each(["", "#EXTM3U", "#EXT-X-STREAM-INF:BANDWIDTH=1", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-ENDLIST"])(
  "what announces nothing has no variants: %j",
  (text) => {
    expect(parseMaster(text)).toEqual([]);
  },
);
