import { describe, expect, test } from "bun:test";
import { factsOf, ProbeOutput } from "./facts.ts";

const phone = {
  index: 0,
  codec_type: "video",
  codec_name: "h264",
  pix_fmt: "yuv420p",
  field_order: "progressive",
  width: 1920,
  height: 1080,
  r_frame_rate: "30/1",
  avg_frame_rate: "30/1",
};
const facts = (streams: object[], format: object = {}) =>
  factsOf(
    ProbeOutput.parse({ streams, format: { format_name: "mov,mp4,m4a,3gp,3g2,mj2", duration: "10.0", ...format } }),
  );

describe("the video", () => {
  test("is upright: a phone's rotation turns its sides", () => {
    for (const rotation of [-90, 90, 270]) {
      expect(facts([{ ...phone, side_data_list: [{ rotation }] }]).video).toMatchObject({
        width: 1080,
        height: 1920,
      });
    }
    expect(facts([{ ...phone, side_data_list: [{ rotation: 180 }] }]).video).toMatchObject({
      width: 1920,
      height: 1080,
    });
  });

  test("has square pixels", () => {
    expect(facts([{ ...phone, width: 1440, sample_aspect_ratio: "4:3" }]).video).toMatchObject({
      width: 1920,
      height: 1080,
    });
    for (const sample_aspect_ratio of ["0:1", "1:100", "4000:3"])
      expect(facts([{ ...phone, sample_aspect_ratio }]).video).toMatchObject({ width: 1920 });
  });

  test("is never the cover of a song, nor a stream without size", () => {
    const cover = { ...phone, disposition: { attached_pic: 1 } };
    expect(facts([cover, { ...phone, index: 3, width: 0 }]).video).toBeNull();
    expect(facts([cover, { ...phone, index: 5 }]).video?.stream).toBe(5);
  });

  test("is the default one of several", () => {
    const second = { ...phone, index: 1, disposition: { default: 1 } };
    expect(facts([phone, second]).video?.stream).toBe(1);
  });

  test("is none that cannot be decoded, and a moving one rather than a still", () => {
    const vvc = { ...phone, codec_name: "unknown", codec_tag_string: "vvc1", pix_fmt: "unknown" };
    expect(facts([vvc])).toMatchObject({
      video: null,
      warnings: ["Track 0 (video, vvc1) is left out: it cannot be decoded"],
    });
    const cover = { ...phone, codec_name: "png", disposition: { default: 1 } };
    expect(facts([cover, { ...phone, index: 4 }]).video?.stream).toBe(4);
    expect(facts([cover]).video?.stream).toBe(0);
  });

  test("is interlaced where the container says so, or does not say and the codec may be", () => {
    expect(facts([phone]).video?.isInterlaced).toBe(false);
    expect(facts([{ ...phone, field_order: "tt" }]).video?.isInterlaced).toBe(true);
    expect(facts([{ ...phone, field_order: "unknown", codec_name: "mpeg2video" }]).video?.isInterlaced).toBe(true);
    expect(facts([{ ...phone, field_order: undefined, codec_name: "vp9" }]).video?.isInterlaced).toBe(false);
  });

  test("warns of Dolby Vision that has no base layer for others", () => {
    const dolby = (dv_profile: number, dv_bl_signal_compatibility_id: number) =>
      facts([{ ...phone, side_data_list: [{ dv_profile, dv_bl_signal_compatibility_id }] }]).warnings;
    expect(dolby(8, 4)).toEqual([]);
    expect(dolby(5, 0)).toHaveLength(1);
  });

  test("counts its times from the start of the file", () => {
    const { video } = facts([{ ...phone, start_time: "1.48", duration: "62.28" }], {
      start_time: "1.459",
      format_name: "mpegts",
    });
    expect(video?.startSeconds).toBeCloseTo(0.021, 6);
    expect(video?.endSeconds).toBeCloseTo(62.301, 6);
  });

  test("has a constant rate by its index where that has one rate, and the file lasts as long as it", () => {
    const proven = (stream: object, format: object = {}) =>
      facts([{ ...phone, nb_frames: "300", duration: "10.0", ...stream }], format).video?.isConstantByIndex;
    expect(proven({})).toBe(true);
    expect(proven({ avg_frame_rate: "89999/3000" })).toBe(false);
    expect(proven({ nb_frames: "N/A" })).toBe(false);
    expect(proven({ nb_frames: "250" })).toBe(false);
    expect(proven({}, { duration: "10810.0" })).toBe(false);
    expect(proven({}, { format_name: "matroska,webm" })).toBe(false);
  });

  test("is variable where average and nominal rate differ", () => {
    expect(facts([{ ...phone, avg_frame_rate: "2992/100" }]).video).toMatchObject({
      variableFrameRate: true,
      frameRate: 30,
    });
    expect(facts([{ ...phone, avg_frame_rate: "15/1" }]).video).toMatchObject({
      variableFrameRate: true,
      frameRate: 15,
    });
    expect(facts([phone]).video).toMatchObject({ variableFrameRate: false, frameRate: 30, frameRateNumerator: 30 });
    expect(facts([{ ...phone, avg_frame_rate: "0/0" }]).video).toMatchObject({
      variableFrameRate: true,
      frameRate: 30,
    });
  });
});

test("audio without a channel is none, and `und` is no language", () => {
  const audio = {
    index: 1,
    codec_type: "audio",
    codec_name: "aac",
    sample_fmt: "fltp",
    channels: 2,
    sample_rate: "48000",
    tags: { language: "und" },
  };
  const { audio: found } = facts([
    audio,
    { ...audio, index: 2, channels: 0 },
    { ...audio, index: 3, tags: { language: "deu" } },
  ]);
  expect(found.map(({ stream, language }) => [stream, language])).toEqual([
    [1, null],
    [3, "deu"],
  ]);
});

describe("frames are taken from the source itself only where that is proven to be exact", () => {
  const access = (format_name: string, codec_name: string) => facts([{ ...phone, codec_name }], { format_name }).access;

  test("containers that do not seek exactly are copied", () => {
    for (const format_name of ["mpegts", "mpeg", "asf", "flv", "mxf"]) expect(access(format_name, "h264")).toBe("copy");
    for (const format_name of ["matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2"])
      expect(access(format_name, "h264")).toBe("source");
    expect(access("avi", "mjpeg")).toBe("source");
    expect(access("ogg", "theora")).toBe("source");
  });

  test("a container that seeks exactly does so for the codecs alone that were tried in it", () => {
    expect([access("avi", "h264"), access("avi", "hevc"), access("ogg", "h264")]).toEqual(["source", "copy", "copy"]);
  });

  test("what a copy would lose is decoded: edit lists, times that nothing tells, packets without a key frame", () => {
    expect([access("mov,mp4,m4a,3gp,3g2,mj2", "svq3"), access("h264", "h264"), access("asf", "rpza")]).toEqual([
      "decoded",
      "decoded",
      "decoded",
    ]);
  });

  test("audio alone is copied where the container has no index", () => {
    const audio = { index: 0, codec_type: "audio", codec_name: "aac", sample_fmt: "fltp", channels: 2 };
    const { access } = facts([audio], { format_name: "mpegts" });
    expect([access, facts([audio], { format_name: "avi" }).access]).toEqual(["copy", "source"]);
  });
});
