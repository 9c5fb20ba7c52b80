import { expect, test } from "bun:test";
import { parseMaster } from "./parse-master.ts";

test("the variants come with their announcements, in the order of the file", () => {
  const master = [
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Sound",URI="audio/playlist.m3u8"',
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

test("a rendition listed for two sound groups counts once", () => {
  const line = (audio: string) => `#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="${audio}"\r\n720p/playlist.m3u8\r\n`;
  expect(parseMaster(`#EXTM3U\r\n${line("en")}${line("de")}`).map((variant) => variant.name)).toEqual(["720p"]);
});

test.each(["", "#EXTM3U", "#EXT-X-STREAM-INF:BANDWIDTH=1", "#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXT-X-ENDLIST"])(
  "what announces nothing has no variants: %j",
  (text) => {
    expect(parseMaster(text)).toEqual([]);
  },
);
