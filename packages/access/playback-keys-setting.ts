/** The setting `PLAYBACK_KEYS`: the keys of playback tokens, for those who do not want a file, or have several machines. */
import { z } from "zod";
import { checkedKeys, type PlaybackKey, playbackKey } from "./playback-key.ts";

/** Becomes the keys in their order, or undefined where nothing is set. Marked `secret`, so that no error shows the value. */
export const playbackKeysSetting = z
  .string()
  .optional()
  .transform((text, context): PlaybackKey[] | undefined => {
    try {
      return text === undefined ? undefined : parsePlaybackKeys(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  })
  .meta({
    description: "Keys of playback tokens, name:secret, joined by commas; the first signs, all are accepted",
    secret: true,
  });

function parsePlaybackKeys(text: string): PlaybackKey[] {
  const keys = text.split(",").map((part) => {
    const colon = part.indexOf(":");
    if (colon < 0) throw new Error("a key is name:secret, and keys are joined by commas");
    return playbackKey(part.slice(0, colon).trim(), part.slice(colon + 1).trim());
  });
  return checkedKeys(keys);
}
