/** How sources are fetched from addresses; the operator's to set, as `config.ts` has it. */
import type { RequestRules } from "./request-once.ts";

export interface RemoteSources extends RequestRules {
  /** So many are fetched at the same time; the others wait. */
  atOnce: number;
  /** So many tries in a row that bring nothing more, and a fetch is given up. */
  mostTries: number;
}
