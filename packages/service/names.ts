/**
 * Schemas of the names that may follow a video's id in a path: the patterns of the storage's layout, checked after the router
 * has decoded a name (`%2f` included) and before it comes near a path. And the schema of a language.
 */
import { z } from "@hono/zod-openapi";
import { fileNamePattern, isAssetPath, maxPathDepth, renditionNamePattern } from "@video-backend/storage/layout";

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
  .refine(isAssetPath, `a path is 1 to ${maxPathDepth} file names joined by /`)
  .openapi({ description: "A path below the video's folder", example: "720p/init.mp4" });

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
