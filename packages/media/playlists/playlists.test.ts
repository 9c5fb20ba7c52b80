import { describe, expect, test } from "bun:test";
import { exampleFacts, examplePlan } from "../example-plan.ts";
import { makePlan } from "../make-plan.ts";
import { shortPlan as plan, segment as row, lowestRung as rung } from "./example-ledger.ts";
import { iframePlaylist } from "./iframe-playlist.ts";
import type { LedgerSegment } from "./listed-segments.ts";
import { masterPlaylist } from "./master-playlist.ts";
import { mediaPlaylist } from "./media-playlist.ts";

/** A row whose key frame is not known, so that the lists are of segments alone. */
const segment = (rendition: string, index: number, more: Partial<LedgerSegment> = {}) =>
  row(rendition, index, { keyFrameBytes: 0, init: "init-1.mp4", ...more });
const next = "init-libx264.mp4";
const english = { folder: "1-en", title: null, language: "en", isDefault: false, isForced: false };

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

describe("the playlist of key frames", () => {
  test("lists the head of each segment, until the next one is shown, and the init segment wherever it is another", () => {
    const ledger = [row("360p", 0), row("360p", 1, { keyFrameBytes: 30_000, init: "init-h264_qsv.mp4" })];
    expect(iframePlaylist(rung, ledger)).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-I-FRAMES-ONLY
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-libx264.mp4"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:20000@0
segment-00000.m4s
#EXT-X-MAP:URI="init-h264_qsv.mp4"
#EXTINF:4.000000,
#EXT-X-BYTERANGE:30000@0
segment-00001.m4s
#EXT-X-ENDLIST
`);
  });

  test("passes over an interval in which the source has nothing", () => {
    const empty = { bytes: 0, keyFrameBytes: 0, init: "" };
    const playlist = iframePlaylist(rung, [row("360p", 0, { durationSeconds: 8 }), row("360p", 1, empty)]);
    expect(playlist).toContain("#EXTINF:8.000000,\n#EXT-X-BYTERANGE:20000@0\nsegment-00000.m4s\n#EXT-X-ENDLIST");
  });

  test("is none while one is missing or not known", () => {
    expect(iframePlaylist(rung, [row("360p", 0)])).toBeNull();
    expect(iframePlaylist(rung, [row("360p", 0), segment("360p", 1)])).toBeNull();
    expect(iframePlaylist(rung, [])).toBeNull();
  });
});

describe("the master playlist", () => {
  test("lists every rung as soon as there is a plan, with the ceilings of the encoder", () => {
    expect(masterPlaylist(plan, [], "making")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/playlist.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1241000,AVERAGE-BANDWIDTH=1228000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"
360p/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2041000,AVERAGE-BANDWIDTH=2028000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=854x480,FRAME-RATE=25.000,AUDIO="audio"
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

  test("names the group of subtitles in every variant, of audio alone too", () => {
    const line = 'TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="English",LANGUAGE="en"';
    const master = masterPlaylist(plan, [], "making", { title: null, subtitles: [english] });
    expect(master).toContain(`#EXT-X-MEDIA:${line}`);
    expect(master?.match(/^#EXT-X-STREAM-INF.*,AUDIO="audio",SUBTITLES="subtitles"$/gm)).toHaveLength(2);
    const heard = makePlan({ ...exampleFacts(), video: null }, { segmentSeconds: 4, networkSpeed: 10 });
    const ofAudio = masterPlaylist(heard, [], "making", { title: null, subtitles: [english] });
    expect(ofAudio).toContain(`#EXT-X-MEDIA:${line}`);
    expect(ofAudio).toContain('CODECS="mp4a.40.2",SUBTITLES="subtitles"\naudio/playlist.m3u8');
  });

  test("takes the peak over runs of about a segment's length, not over the short ones at the start", () => {
    const ramped = examplePlan({ width: 640, height: 360, endSeconds: 8 });
    const made = (index: number, seconds: number, kilobytes: number) =>
      segment("360p", index, { durationSeconds: seconds, bytes: kilobytes * 1000 });
    const ledger = [made(0, 1, 400), made(1, 1, 100), made(2, 2, 200), made(3, 4, 500)];
    // The second and a half with the first two: 500 kB in 2 s.
    expect(masterPlaylist(ramped, ledger, "ended")).toContain("BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1200000,");
  });

  test("tells the highest frame rate, however few frames a segment or the mean of all has", () => {
    const slow = [0, 1].map((index) => segment("360p", index, { samples: index === 0 ? 100 : 1 }));
    expect(masterPlaylist(plan, slow, "ended")).toContain("FRAME-RATE=25.000\n");
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

  test("lists every audio track under a name of its own, the one that plays by itself first", () => {
    const [audio] = exampleFacts().audio;
    if (!audio) throw new Error("no audio");
    const track = (stream: number, language: string | null, title: string | null) => ({
      ...audio,
      stream,
      language,
      title,
      isDefault: stream === 2,
    });
    const facts = {
      ...exampleFacts(),
      audio: [
        track(1, "eng", null),
        track(2, "deu", null),
        track(3, "eng", null),
        track(4, null, 'The "director" {$x}'),
      ],
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
      `The 'director' { $x}: DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-4/playlist.m3u8"`,
    ]);
  });

  test("lists key frames behind all variants, of a rung of which nothing is left to make and every key frame is known", () => {
    const whole = [0, 1].map((index) => row("360p", index));
    const partly = [row("480p", 0)];
    const unknown = [row("480p", 0), segment("480p", 1)];
    const line =
      '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=40000,AVERAGE-BANDWIDTH=40000,CODECS="avc1.4d401e",RESOLUTION=640x360,URI="360p/iframes.m3u8"';
    for (const state of ["making", "ended"] as const) {
      for (const others of [partly, unknown]) {
        const master = masterPlaylist(plan, [...whole, ...others], state) ?? "";
        expect(master).toEndWith(`\n480p/playlist.m3u8\n${line}\n`);
      }
    }
  });

  test("tells the title within its string, whatever is in it", () => {
    const titled = (title: string) =>
      masterPlaylist(plan, [], "making", { title, subtitles: [] })?.match(/#EXT-X-SESSION-DATA.*/)?.[0];
    const line = (value: string) => `#EXT-X-SESSION-DATA:DATA-ID="com.apple.hls.title",VALUE="${value}"`;
    expect(titled("Ein Sommer, 2024")).toBe(line("Ein Sommer, 2024"));
    expect(titled('a "b"\r\n#EXT-X-KEY:URI="c" {$d}\u2028')).toBe(line("a 'b' #EXT-X-KEY:URI='c' { $d}"));
    expect(titled("🎈".repeat(501))).toBe(line("🎈".repeat(500)));
    expect(titled(" \n ")).toBeUndefined();
  });

  test("and the other playlists know no tag but those of RFC 8216, and of a later version what old players pass over", () => {
    const tags = new Set(
      [
        masterPlaylist(
          plan,
          [0, 1].map((index) => row("360p", index)),
          "making",
          { title: "a", subtitles: [english] },
        ),
        mediaPlaylist(plan, rung, [row("360p", 1)], "ended", next),
        iframePlaylist(
          rung,
          [0, 1].map((index) => row("360p", index)),
        ),
      ].flatMap((text) => text?.match(/^#[A-Z0-9-]+/gm) ?? []),
    );
    const known = ["M3U", "INF", "-X-VERSION", "-X-TARGETDURATION", "-X-PLAYLIST-TYPE", "-X-INDEPENDENT-SEGMENTS"];
    const master = ["-X-MEDIA", "-X-STREAM-INF", "-X-I-FRAME-STREAM-INF", "-X-SESSION-DATA"];
    const media = ["-X-MAP", "-X-BYTERANGE", "-X-I-FRAMES-ONLY", "-X-ENDLIST"];
    expect([...tags].sort()).toEqual([...known, ...master, ...media, "-X-GAP"].map((tag) => `#EXT${tag}`).sort());
  });

  test("has no audio group and no mp4a for a silent source", () => {
    const silent = makePlan({ ...exampleFacts(), audio: [] }, { segmentSeconds: 4, networkSpeed: 10 });
    const master = masterPlaylist(silent, [], "making");
    expect(master).not.toContain("AUDIO");
    expect(master).not.toContain("mp4a");
  });

  test("is a playlist of audio alone for a source without a video", () => {
    const heard = makePlan({ ...exampleFacts(), video: null }, { segmentSeconds: 4, networkSpeed: 10 });
    expect(masterPlaylist(heard, [], "making")).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=212000,AVERAGE-BANDWIDTH=192000,CODECS="mp4a.40.2"
audio/playlist.m3u8
`);
  });
});
