/** What became of a file in the running system, as seen from outside. */
import type { InspectedStream } from "../inspect-stream.ts";
import type { SourceFacts } from "./source-facts.ts";

export interface Outcome {
  /**
   * - `ok`, `error`: the transcoder's last word.
   * - `refused`: the upload was not taken.
   * - `unfinished`: nothing moved any more, or it took too long; it was stopped then.
   */
  end: "ok" | "error" | "refused" | "unfinished";
  /** In the words of the service; empty where it said none, and for `ok`. */
  reason: string;
  warnings: string[];
  /** From the first call of the upload to the end, or to the refusal. */
  seconds: number;
  /** What is served, and what should be; of `ok` alone. */
  looked: { stream: InspectedStream; source: SourceFacts } | null;
  /** Why it could not be looked at, such as a segment that answers 404. */
  lookError: string | null;
}
