/**
 * Text of subtitles that is no UTF-8, though most containers ask for that: it is what an old file had, put in as it was. ffmpeg
 * drops such cues, and decodes them when it is told a character set, which is guessed by the language.
 */
import type { Captions } from "../captions/cues.ts";

/** iconv's names, by the language's first part; the rest is Western. */
const charsetsByLanguage: Record<string, string> = {
  ...everyOf("WINDOWS-1250", "bs cs hr hu pl ro sk sl sq"),
  ...everyOf("WINDOWS-1251", "be bg kk mk ru sr uk"),
  ...everyOf("WINDOWS-1253", "el"),
  ...everyOf("WINDOWS-1254", "az tr"),
  ...everyOf("WINDOWS-1255", "he yi"),
  ...everyOf("WINDOWS-1256", "ar fa ur"),
  ...everyOf("WINDOWS-1257", "et lt lv"),
  ...everyOf("WINDOWS-1258", "vi"),
  ...everyOf("CP874", "th"),
  ...everyOf("CP932", "ja"),
  ...everyOf("CP949", "ko"),
  ...everyOf("GB18030", "zh"),
};

function everyOf(charset: string, languages: string): Record<string, string> {
  return Object.fromEntries(languages.split(" ").map((language) => [language, charset]));
}

/** Character sets to try on what is no UTF-8, in this order; the last one has a character for every byte. */
export function charsetsFor(language: string | null): string[] {
  return [charsetsByLanguage[language?.split("-")[0] ?? ""] ?? "WINDOWS-1252", "ISO-8859-1"];
}

/** True where ffmpeg says that it dropped a cue for its characters. */
export const dropsCharacters = (errors: string): boolean =>
  /Invalid UTF-8 in decoded subtitles text|Unable to recode subtitle event/.test(errors);

/** The cues of the first, and those of the second that are shown when the first has none of the same times. */
export function withCuesOf(first: Captions, second: Captions): Captions {
  const timesOf = ({ startMilliseconds, endMilliseconds }: Captions["cues"][number]) =>
    `${startMilliseconds} ${endMilliseconds}`;
  const known = new Set(first.cues.map(timesOf));
  const more = second.cues.filter((cue) => !known.has(timesOf(cue)));
  const cues = [...first.cues, ...more].sort((a, b) => a.startMilliseconds - b.startMilliseconds);
  return { ...first, cues };
}
