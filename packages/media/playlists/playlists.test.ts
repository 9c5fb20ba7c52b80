import { describe, expect, test } from "bun:test";
import { exampleFacts, examplePlan } from "../example-plan.ts";
import { makePlan, type PictureRendition, type Plan, pictureRenditions } from "../plan.ts";
import type { LedgerSegment } from "./listed-segments.ts";
import { masterPlaylist } from "./master-playlist.ts";
import { mediaPlaylist } from "./media-playlist.ts";

const segment = (rendition: string, index: number, more: Partial<LedgerSegment> = {}): LedgerSegment => ({
  rendition,
  index,
  bytes: 500_000,
  keyFrameBytes: 0,
  startSeconds: index * 4,
  durationSeconds: 4,
  samples: 100,
  init: "init-1.mp4",
  codec: rendition === "audio" ? "mp4a.40.2" : "avc1.4d401e",
  ...more,
});

/** A plan of 480p and 360p with sound, eight seconds long, without a ramp. */
const plan: Plan = {
  ...examplePlan({ width: 854, height: 480, endSeconds: 8 }),
  ramp: [],
};
for (const rendition of pictureRenditions(plan)) rendition.segmentCount = 2;
const rung = pictureRenditions(plan).find((rendition) => rendition.name === "360p") as PictureRendition;
const next = "init-libx264.mp4";

describe("a rendition's playlist", () => {
  test("lists every segment of the plan while it is made: measured where it exists, as planned where it does not", () => {
    expect(mediaPlaylist(plan, rung, [segment("360p", 0, { durationSeconds: 4.004 })], "making", next)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:4.004000,
segment-00000.m4s
#EXT-X-MAP:URI="init-libx264.mp4"
#EXTINF:4.000000,
segment-00001.m4s
#EXT-X-ENDLIST
`);
  });

  test("lists what exists once no encoder works on it, and a hole as a gap so that time runs on", () => {
    expect(mediaPlaylist(plan, rung, [segment("360p", 0)], "ended", next)).not.toContain("segment-00001");
    expect(mediaPlaylist(plan, rung, [segment("360p", 1)], "ended", next)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-GAP
#EXTINF:4.000000,
segment-00000.m4s
#EXT-X-MAP:URI="init-1.mp4"
#EXTINF:4.000000,
segment-00001.m4s
#EXT-X-ENDLIST
`);
  });

  test("passes over an interval in which the source has nothing", () => {
    const segments = [segment("360p", 0, { durationSeconds: 8 }), segment("360p", 1, { bytes: 0, init: "" })];
    for (const state of ["making", "ended"] as const) {
      const playlist = mediaPlaylist(plan, rung, segments, state, next);
      expect(playlist.split("\n").filter((line) => line.endsWith(".m4s"))).toEqual(["segment-00000.m4s"]);
      expect(playlist).toContain("#EXT-X-TARGETDURATION:8");
    }
  });
});

describe("the master playlist", () => {
  test("lists every rung as soon as there is a plan, with the ceilings of the encoder", () => {
    expect(masterPlaylist(plan, [], "making")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1241000,AVERAGE-BANDWIDTH=1028000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"
360p/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2041000,AVERAGE-BANDWIDTH=1728000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=25.000,AUDIO="audio"
480p/playlist.m3u8
`);
  });

  test("lists only what has something once no encoder works on it, and is none where nothing has", () => {
    expect(masterPlaylist(plan, [], "ended")).toBeNull();
    expect(masterPlaylist(plan, [segment("audio", 0)], "ended")).toBeNull();
    const master = masterPlaylist(plan, [segment("360p", 0)], "ended");
    expect(master).toContain("360p/playlist.m3u8");
    expect(master).not.toContain("480p");
    expect(master).not.toContain("AUDIO");
  });

  test("names the group of subtitles in every variant, of sound alone too", () => {
    const english = { folder: "1-en", title: null, language: "en", isDefault: false, isForced: false };
    const line = 'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en"';
    const master = masterPlaylist(plan, [], "making", { title: null, subtitles: [english] });
    expect(master).toContain(`#EXT-X-MEDIA:${line}`);
    expect(master?.match(/^#EXT-X-STREAM-INF.*,AUDIO="audio",SUBTITLES="subtitles"$/gm)).toHaveLength(2);
    const heard = makePlan({ ...exampleFacts(), picture: null }, { segmentSeconds: 4, networkSpeed: 10 });
    const ofSound = masterPlaylist(heard, [], "making", { title: null, subtitles: [english] });
    expect(ofSound).toContain(`#EXT-X-MEDIA:${line}`);
    expect(ofSound).toContain('CODECS="mp4a.40.2",SUBTITLES="subtitles"\naudio/playlist.m3u8');
  });

  test("takes the peak over runs of about a segment's length, not over the short ones at the start", () => {
    const ramped = examplePlan({ width: 640, height: 360, endSeconds: 8 });
    const made = (index: number, seconds: number, kilobytes: number) =>
      segment("360p", index, { durationSeconds: seconds, bytes: kilobytes * 1000 });
    const ledger = [made(0, 1, 400), made(1, 1, 100), made(2, 2, 200), made(3, 4, 500)];
    // The second and a half with the first two: 500 kB in 2 s.
    expect(masterPlaylist(ramped, ledger, "ended")).toContain("BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1200000,");
  });

  test("tells measured rates once all is made, lowest rung first", () => {
    const ledger = [
      ...[0, 1].map((index) => segment("audio", index, { bytes: 50_000 })),
      segment("360p", 0, { bytes: 300_000 }),
      segment("360p", 1, { bytes: 200_000 }),
      segment("480p", 0, { bytes: 900_000 }),
      segment("480p", 1, { bytes: 700_000 }),
    ];
    const variants = masterPlaylist(plan, ledger, "ended")
      ?.split("\n")
      .filter((line) => line.startsWith("#EXT-X-STREAM-INF"));
    expect(variants).toEqual([
      '#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=600000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"',
      '#EXT-X-STREAM-INF:BANDWIDTH=1900000,AVERAGE-BANDWIDTH=1700000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=25.000,AUDIO="audio"',
    ]);
  });

  test("lists every track of sound under a name of its own, the one that plays by itself first", () => {
    const [sound] = exampleFacts().sound;
    if (!sound) throw new Error("no sound");
    const track = (stream: number, language: string | null, title: string | null) => ({
      ...sound,
      stream,
      language,
      title,
      isDefault: stream === 2,
    });
    const facts = {
      ...exampleFacts(),
      sound: [track(1, "eng", null), track(2, "deu", null), track(3, "eng", null), track(4, null, 'The "director"')],
    };
    const master = masterPlaylist(makePlan(facts, { segmentSeconds: 4, networkSpeed: 10 }), [], "making") ?? "";
    const shown = master.split("\n").flatMap((line) => {
      const [, name, rest] = /NAME="([^"]*)",(.*)/.exec(line) ?? [];
      return name ? [`${name}: ${rest}`] : [];
    });
    expect(shown).toEqual([
      'German: LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/playlist.m3u8"',
      'English: LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-2/playlist.m3u8"',
      'English 2: LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-3/playlist.m3u8"',
      `The 'director': DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-4/playlist.m3u8"`,
    ]);
  });

  test("has no audio group and no mp4a for a silent source", () => {
    const silent = makePlan({ ...exampleFacts(), sound: [] }, { segmentSeconds: 4, networkSpeed: 10 });
    const master = masterPlaylist(silent, [], "making");
    expect(master).not.toContain("AUDIO");
    expect(master).not.toContain("mp4a");
  });

  test("is a playlist of sound alone for a source without a picture", () => {
    const heard = makePlan({ ...exampleFacts(), picture: null }, { segmentSeconds: 4, networkSpeed: 10 });
    expect(masterPlaylist(heard, [], "making")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=212000,AVERAGE-BANDWIDTH=192000,CODECS="mp4a.40.2"
audio/playlist.m3u8
`);
  });
});
