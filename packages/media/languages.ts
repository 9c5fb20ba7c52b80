/** Languages as containers name them, as players want them (BCP 47), and as people call them. */

/** Bibliographic codes of ISO 639-2, which Matroska and DVB use; BCP 47 knows only the terminological ones. */
const bibliographic: Record<string, string> = {
  alb: "sq",
  arm: "hy",
  baq: "eu",
  bur: "my",
  chi: "zh",
  cze: "cs",
  dut: "nl",
  fre: "fr",
  geo: "ka",
  ger: "de",
  gre: "el",
  ice: "is",
  mac: "mk",
  mao: "mi",
  may: "ms",
  per: "fa",
  rum: "ro",
  slo: "sk",
  tib: "bo",
  wel: "cy",
};

/** BCP 47 from what containers say, such as `eng` or `ger`; null where that is no language. */
export function languageTag(language: string | null): string | null {
  try {
    const known = language && Object.hasOwn(bibliographic, language) ? bibliographic[language] : language;
    return known ? (Intl.getCanonicalLocales(known)[0] ?? null) : null;
  } catch {
    return null;
  }
}

/** The language's English name; the tag itself where it has none. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(["en"], { type: "language" }).of(tag) ?? tag;
}
