/** The subtitle tracks of a source, and which of them are text that a player can show. */
import { z } from "zod";
import { languageTag } from "../languages.ts";

export const SubtitleFacts = z.object({
  /** ffmpeg's number of the stream. */
  stream: z.int(),
  /** ffmpeg's name, `unknown` where it has none. */
  codec: z.string(),
  /** BCP 47. */
  language: z.string().nullable(),
  /** What whoever made the file called it. */
  title: z.string().nullable(),
  isDefault: z.boolean(),
  /** Shown even to who wants no subtitles: what is said in another language. */
  isForced: z.boolean(),
});
export type SubtitleFacts = z.infer<typeof SubtitleFacts>;

interface ProbedStream {
  index: number;
  codec_type?: string | undefined;
  codec_name?: string | undefined;
  disposition?: { default?: number | undefined; forced?: number | undefined } | undefined;
  tags?: Record<string, string> | undefined;
}

/** The tracks of ffprobe's answer, in the order of the file. */
export function subtitleFactsOf(streams: ProbedStream[]): SubtitleFacts[] {
  return streams
    .filter((stream) => stream.codec_type === "subtitle" || stream.codec_name === "eia_608")
    .map((stream) => {
      const language = tagOf(stream, "language");
      return {
        stream: stream.index,
        codec: stream.codec_name ?? "unknown",
        language: language === "und" ? null : languageTag(language),
        title: tagOf(stream, "title"),
        isDefault: stream.disposition?.default === 1,
        isForced: stream.disposition?.forced === 1,
      };
    });
}

/** Matroska's writers do not agree on the case of a tag's name. */
function tagOf({ tags = {} }: ProbedStream, name: string): string | null {
  return (
    Object.entries(tags)
      .find(([key]) => key.toLowerCase() === name)?.[1]
      .trim() || null
  );
}

const textCodecs = new Set(["subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"]);
const imageCodecs = new Set(["hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"]);

/** Why a track of this codec is not shown, in a sentence; null where it is. */
export function whyNotText(codec: string): string | null {
  if (textCodecs.has(codec)) return null;
  if (imageCodecs.has(codec)) return `These subtitles are pictures (${codec}), and only text is taken`;
  if (codec === "eia_608") return "Closed captions (eia_608) are not taken";
  return `ffmpeg cannot make text of this codec (${codec})`;
}
