/** Why a file is not taken, in people's units where the server gives figures, else in its own sentence. */
import { Refusal, sentenceOf } from "../shell/ask.ts";
import { texts } from "../texts.ts";

const words = texts.upload.refused;

export function refusalWords(error: unknown): string {
  if (!(error instanceof Refusal)) return sentenceOf(error);
  const { accepted, needed_bytes: needed, free_bytes: free, max_file_bytes: most } = error.facts;
  if (Array.isArray(accepted)) return words.kind(error.message, accepted.map(String));
  if (typeof needed === "number" && typeof free === "number") return words.noRoom(needed, free);
  if (typeof most === "number") return words.tooLarge(most);
  return error.message;
}
