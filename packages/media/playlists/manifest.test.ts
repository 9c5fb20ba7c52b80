import { describe, expect, test } from "bun:test";
import { exampleFacts, examplePlan } from "../example-plan.ts";
import { makePlan } from "../make-plan.ts";
import { makeStoryboard } from "../storyboard.ts";
import { lowestRung, segment, shortPlan } from "./example-ledger.ts";
import type { LedgerSegment } from "./listed-segments.ts";
import { type ManifestOptions, manifest } from "./manifest.ts";

const making: ManifestOptions = { state: "making", encoder: "libx264" };
const ended: ManifestOptions = { state: "ended", encoder: "libx264" };
const both = (rendition: string) => [0, 1].map((index) => segment(rendition, index));
const english = { folder: "1-en", title: null, language: "en", isDefault: true, isForced: false };
const storyboard = { board: makeStoryboard(lowestRung, 8), largestSheetBytes: 4000 };

/** The lines with this word, without what stands before them. */
const linesWith = (text: string | null, word: string) =>
  (text ?? "").split("\n").flatMap((line) => (line.includes(word) ? [line.trim()] : []));

/** What each period lists: its start, and the segments of each rendition by number. */
function listed(text: string | null): string[] {
  return (text ?? "")
    .split("<Period ")
    .slice(1)
    .map((period) => {
      const start = /start="PT([\d.]+)S"/.exec(period)?.[1];
      const names = [...period.matchAll(/<Representation id="(\w+)"/g)].map(([, name]) => name);
      const firsts = [...period.matchAll(/startNumber="(\d+)"/g)].map(([, number]) => number);
      const inits = [...period.matchAll(/initialization="init-(\w+).mp4"/g)].map(([, name]) => name);
      return `${start} s: ${names.join(", ")}; from ${firsts.join(", ")} with ${inits.join(", ")}`;
    });
}

describe("the manifest", () => {
  test("lists all of a finished video: rungs, audio, subtitles and the storyboard", () => {
    const ledger = [...both("audio").map((row) => ({ ...row, bytes: 50_000 })), ...both("360p"), ...both("480p")];
    const beside = { title: "Mum & me", subtitles: [english], subtitleBytes: new Map([["1-en", 100]]), storyboard };
    expect(manifest(shortPlan, ledger, { ...ended, ...beside })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:full:2011" type="static" mediaPresentationDuration="PT8S" minBufferTime="PT2S">
  <ProgramInformation>
    <Title>Mum &amp; me</Title>
  </ProgramInformation>
  <Period id="1" start="PT0S">
    <AdaptationSet contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1">
      <SegmentTemplate timescale="25600" initialization="init-libx264.mp4" media="segment-$Number%05d$.m4s" startNumber="0">
        <SegmentTimeline>
          <S t="0" d="102400" r="1"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="360p" codecs="avc1.4d401e" bandwidth="1000000" width="640" height="360" frameRate="25" sar="1:1">
        <BaseURL>360p/</BaseURL>
      </Representation>
      <Representation id="480p" codecs="avc1.4d401e" bandwidth="1000000" width="854" height="480" frameRate="25" sar="1:1">
        <BaseURL>480p/</BaseURL>
      </Representation>
    </AdaptationSet>
    <AdaptationSet contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Representation id="audio" codecs="mp4a.40.2" bandwidth="100000" audioSamplingRate="48000">
        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
        <BaseURL>audio/</BaseURL>
        <SegmentTemplate timescale="48000" initialization="init-aac.mp4" media="segment-$Number%05d$.m4s" startNumber="0">
          <SegmentTimeline>
            <S t="0" d="192000" r="1"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
    <AdaptationSet contentType="text" mimeType="text/vtt" lang="en">
      <Label>English</Label>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="subtitle"/>
      <Representation id="subtitles/1-en" bandwidth="100">
        <BaseURL>subtitles/1-en/subtitles.vtt</BaseURL>
      </Representation>
    </AdaptationSet>
    <AdaptationSet contentType="image" mimeType="image/jpeg">
      <Representation id="storyboard" bandwidth="3200" width="800" height="180">
        <EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="5x2"/>
        <BaseURL>storyboard/</BaseURL>
        <SegmentTemplate timescale="1000" media="sheet-$Number%03d$.jpg" startNumber="0">
          <SegmentTimeline>
            <S t="0" d="10000"/>
          </SegmentTimeline>
        </SegmentTemplate>
      </Representation>
    </AdaptationSet>
  </Period>
</MPD>
`);
  });

  test("lists every segment of the plan from the first moment on, where it is planned", () => {
    const text = manifest(examplePlan({ endSeconds: 13, frameRate: 25 }), [], making);
    expect(linesWith(text, "<S ")).toEqual([
      ...['<S t="0" d="25600" r="1"/>', '<S d="51200"/>', '<S d="102400" r="1"/>', '<S d="25600"/>'],
      ...['<S t="0" d="192512"/>', '<S d="191488"/>', '<S d="192512"/>', '<S d="48000"/>'],
    ]);
    expect(linesWith(text, "<MPD")[0]).toContain('mediaPresentationDuration="PT13.010667S"');
    const measured = segment("1080p", 0, { durationSeconds: 1 });
    expect(linesWith(manifest(examplePlan({ endSeconds: 13 }), [measured], making), "<S ").slice(0, 4)).toEqual(
      linesWith(text, "<S ").slice(0, 4),
    );
  });

  test("is none where there is nothing to see", () => {
    expect(manifest(shortPlan, [], ended)).toBeNull();
    expect(manifest(shortPlan, [segment("audio", 0)], ended)).toBeNull();
  });

  test("tells frame rates as fractions", () => {
    const rate = (more: object) =>
      /frameRate="([^"]*)"/.exec(manifest(examplePlan({ endSeconds: 8, ...more }), [], making) ?? "")?.[1];
    expect(rate({ frameRate: 24000 / 1001, frameRateNumerator: 24000 })).toBe("24000/1001");
    expect(rate({ frameRate: 60, frameRateNumerator: 60 })).toBe("60");
    expect(rate({ frameRate: 17.25, frameRateNumerator: 69, variableFrameRate: true })).toBe("69/4");
  });

  test("lists audio alone, each track by its name and language", () => {
    const [audio] = exampleFacts().audio;
    if (!audio) throw new Error("no audio");
    const track = (stream: number, language: string | null, title: string) => ({ ...audio, stream, language, title });
    const facts = { ...exampleFacts(), video: null, audio: [track(1, "ger", "<Film>"), track(2, null, '"Talk"')] };
    const text = manifest(makePlan(facts, { segmentSeconds: 4, networkSpeed: 10 }), [], making);
    expect(linesWith(text, "<Label>")).toEqual(["<Label>&lt;Film&gt;</Label>", "<Label>'Talk'</Label>"]);
    expect(linesWith(text, "<AdaptationSet").map((line) => /lang="(\w+)"/.exec(line)?.[1])).toEqual(["de", undefined]);
    expect(text).not.toContain("video");
  });
});

describe("a period", () => {
  test("begins where another encoder took over, and lists again the audio that goes on across that", () => {
    const ramped = examplePlan({ width: 640, height: 360, endSeconds: 8 });
    const row = (index: number, startSeconds: number, durationSeconds: number, init: string) =>
      segment("360p", index, { startSeconds, durationSeconds, init });
    const rows = [
      row(0, 0, 1, "init-h264_qsv.mp4"),
      row(1, 1, 1, "init-h264_qsv.mp4"),
      row(2, 2, 2, "init-libx264.mp4"),
      row(3, 4, 4, "init-libx264.mp4"),
    ];
    const text = manifest(ramped, [...both("audio"), ...rows], { ...ended, subtitles: [english], storyboard });
    expect(listed(text)).toEqual([
      "0 s: 360p, audio, storyboard; from 0, 0, 0 with h264_qsv, aac",
      "2 s: 360p, audio, storyboard; from 2, 0, 0 with libx264, aac",
    ]);
    expect(linesWith(text, "presentationTimeOffset").map((line) => /Offset="\d+"/.exec(line)?.[0])).toEqual(
      [51_200, 96_000, 2000, 2000].map((ticks) => `Offset="${ticks}"`),
    );
    expect(linesWith(text, 'd="192000"')).toEqual(['<S t="0" d="192000"/>', '<S t="0" d="192000" r="1"/>']);
  });

  test("begins where a rung ends that others outlast", () => {
    const ledger = [...both("audio"), ...both("360p"), segment("480p", 0)];
    expect(listed(manifest(shortPlan, ledger, ended))).toEqual([
      "0 s: 360p, 480p, audio; from 0, 0 with libx264, aac",
      "4 s: 360p, audio; from 1, 1 with libx264, aac",
    ]);
    expect(listed(manifest(shortPlan, ledger, making))).toHaveLength(1);
  });

  test("without audio is left out where others have some", () => {
    const ledger = [segment("audio", 0), ...both("360p"), segment("480p", 0)];
    const text = manifest(shortPlan, ledger, ended);
    expect(listed(text)).toEqual(["0 s: 360p, 480p, audio; from 0, 0 with libx264, aac"]);
    expect(linesWith(text, "<MPD")[0]).toContain('mediaPresentationDuration="PT4S"');
  });

  test("goes on over an interval that has nothing, and lists the segments around it by name", () => {
    const plan = { ...examplePlan({ width: 640, height: 360, endSeconds: 12 }), ramp: [] };
    const rung = plan.renditions[0];
    if (rung) rung.segmentCount = 3;
    const empty: Partial<LedgerSegment> = { bytes: 0, keyFrameBytes: 0, durationSeconds: 0, init: "" };
    const around = [segment("360p", 0), segment("360p", 2)];
    for (const ledger of [around, [...around, segment("360p", 1, empty)]]) {
      const text = manifest(plan, ledger, ended);
      expect(linesWith(text, "<Period")).toHaveLength(1);
      expect(linesWith(text, "<S")).toEqual([
        '<SegmentList timescale="25600">',
        "<SegmentTimeline>",
        '<S t="0" d="102400"/>',
        '<S t="204800" d="102400"/>',
        '<SegmentURL media="segment-00000.m4s"/>',
        '<SegmentURL media="segment-00002.m4s"/>',
      ]);
      expect(linesWith(text, "<Initialization")).toEqual(['<Initialization sourceURL="init-libx264.mp4"/>']);
    }
  });
});
