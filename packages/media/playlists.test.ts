import { describe, expect, test } from "bun:test";
import { exampleFacts, examplePlan } from "./example-plan.ts";
import { makePlan } from "./plan.ts";
import { type LedgerSegment, masterPlaylist, mediaPlaylist } from "./playlists.ts";

const segment = (rendition: string, index: number, more: Partial<LedgerSegment> = {}): LedgerSegment => ({
  rendition,
  index,
  bytes: 500_000,
  durationSeconds: 4,
  samples: 100,
  init: "init-1.mp4",
  codec: rendition === "audio" ? "mp4a.40.2" : "avc1.4d401e",
  ...more,
});

describe("a rendition's playlist", () => {
  test("grows from the first segment to the first that is missing, and starts players at its beginning", () => {
    const segments = [segment("360p", 0), segment("360p", 1, { durationSeconds: 4.004 }), segment("360p", 3)];
    expect(mediaPlaylist(segments, "growing")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:4.000000,
segment-00000.m4s
#EXTINF:4.004000,
segment-00001.m4s
`);
  });

  test("ends once no encoder works on it, and changes the init segment where the encoder changed", () => {
    const segments = [segment("360p", 0), segment("360p", 1, { init: "init-2.mp4", durationSeconds: 2 })];
    expect(mediaPlaylist(segments, "ended")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:4.000000,
segment-00000.m4s
#EXT-X-MAP:URI="init-2.mp4"
#EXTINF:2.000000,
segment-00001.m4s
#EXT-X-ENDLIST
`);
  });

  test("passes over an interval in which the source has nothing", () => {
    const segments = [
      segment("360p", 0, { durationSeconds: 8 }),
      segment("360p", 1, { bytes: 0, init: "" }),
      segment("360p", 2),
    ];
    const listed = mediaPlaylist(segments, "ended")
      .split("\n")
      .filter((line) => line.endsWith(".m4s"));
    expect(listed).toEqual(["segment-00000.m4s", "segment-00002.m4s"]);
    expect(mediaPlaylist(segments, "ended")).toContain("#EXT-X-TARGETDURATION:8");
  });
});

describe("the master playlist", () => {
  const plan = examplePlan({ width: 854, height: 480, endSeconds: 8 });

  test("is none while there is nothing to see, or nothing to hear where the source has sound", () => {
    expect(masterPlaylist(plan, [])).toBeNull();
    expect(masterPlaylist(plan, [segment("360p", 0)])).toBeNull();
    expect(masterPlaylist(plan, [segment("audio", 0)])).toBeNull();
  });

  test("lists what has begun, with the ceilings of the encoder while it is not whole", () => {
    const ledger = [segment("360p", 0, { bytes: 100_000 }), segment("audio", 0, { bytes: 10_000 })];
    expect(masterPlaylist(plan, ledger)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1228000,AVERAGE-BANDWIDTH=220000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"
360p/playlist.m3u8
`);
  });

  test("tells measured rates once all is made, lowest rung first", () => {
    const sound = [0, 1, 2, 3, 4, 5, 6].map((index) => segment("audio", index, { bytes: 50_000 }));
    const ledger = [
      ...sound,
      segment("360p", 0, { bytes: 300_000 }),
      segment("360p", 1, { bytes: 200_000 }),
      segment("480p", 0, { bytes: 900_000 }),
      segment("480p", 1, { bytes: 700_000 }),
    ];
    const variants = masterPlaylist(plan, ledger)
      ?.split("\n")
      .filter((line) => line.startsWith("#EXT-X-STREAM-INF"));
    expect(variants).toEqual([
      '#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=600000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1900000,AVERAGE-BANDWIDTH=1700000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=25.000,AUDIO="audio"',
    ]);
  });

  test("has no audio group and no mp4a for a silent source", () => {
    const silent = makePlan({ ...exampleFacts(), sound: [] }, { segmentSeconds: 4, networkSpeed: 10 });
    const master = masterPlaylist(silent, [segment("360p", 0)]);
    expect(master).not.toContain("AUDIO");
    expect(master).not.toContain("mp4a");
  });

  test("is a playlist of sound alone for a source without a picture", () => {
    const heard = makePlan({ ...exampleFacts(), picture: null }, { segmentSeconds: 4, networkSpeed: 10 });
    expect(masterPlaylist(heard, [segment("audio", 0, { bytes: 96_000 })])).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=192000,AVERAGE-BANDWIDTH=192000,CODECS="mp4a.40.2"
audio/playlist.m3u8
`);
  });
});
