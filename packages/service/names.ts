/**
 * The names that may follow a video's id in a path. They are checked here, by pattern, after the router has decoded
 * them (`%2f` included) and before any of them comes near a path; of what we made, names that begin with a dot are nobody's to
 * read. The names of originals are the uploader's, and have one rule for all services, which stands here, too.
 */
import { z } from "@hono/zod-openapi";

const renditionNamePattern = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const fileNamePattern = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const deepestPath = 5;

/** The rules of the schemas below, for whoever has a name in hand and no schema to hand it to. */
export const isRenditionName = (name: string): boolean => renditionNamePattern.test(name);
const isFileName = (name: string): boolean => fileNamePattern.test(name);
export function isAssetPath(path: string): boolean {
  const names = path.split("/");
  return names.length <= deepestPath && names.every(isFileName);
}

/** The folder of a rendition below `hls/{id}/`. */
export const RenditionName = z
  .string()
  .regex(renditionNamePattern, "a rendition is 1 to 64 lower-case letters, digits, - and _")
  .openapi({ description: "A rendition", example: "720p" });

/** A file that we made, such as a segment; the names of originals are the uploader's and are wider. */
export const FileName = z
  .string()
  .regex(fileNamePattern, "a file name is 1 to 128 letters, digits, ., - and _, without two dots in a row")
  .openapi({ description: "A file", example: "segment-00001.m4s" });

/** A few such names joined by `/`. */
export const AssetPath = z
  .string()
  .refine(isAssetPath, `a path is 1 to ${deepestPath} file names joined by /`)
  .openapi({ description: "A path below the video's folder", example: "720p/init.mp4" });

/** As file systems count that store UTF-16. */
export const maxOriginalNameLength = 255;

/**
 * What keeps a text from being the name of an original, as the end of a sentence; null where nothing does. A name is one plain
 * file in any script, and may begin with a dot.
 *
 * @example originalNameProblem("../a.mp4") // "holds a path"
 */
export function originalNameProblem(name: string): string | null {
  if (name === "") return "is empty";
  if (/[/\\]/.test(name)) return "holds a path";
  if (/\p{Cc}/u.test(name)) return "holds a control character";
  if (!name.isWellFormed()) return "is no Unicode text";
  if (/^\.*(\.[^.]*)?$/.test(name)) return "has nothing before its ending";
  if (name.length > maxOriginalNameLength) return `has ${name.length} characters`;
  return null;
}

const longestLanguageTag = 35;

/** The language of captions: BCP 47, brought into its canonical form. */
export const LanguageTag = z
  .string()
  .transform((text, context) => {
    const tag = canonicalLanguage(text);
    if (tag !== null) return tag;
    context.addIssue({ code: "custom", message: "a language is a BCP 47 tag, such as en or pt-BR" });
    return z.NEVER;
  })
  .openapi({ type: "string", description: "A language as BCP 47 names it", example: "pt-BR" });

function canonicalLanguage(text: string): string | null {
  try {
    const [tag = ""] = Intl.getCanonicalLocales(text);
    return text.length <= longestLanguageTag && tag.length <= longestLanguageTag ? tag : null;
  } catch {
    return null;
  }
}
