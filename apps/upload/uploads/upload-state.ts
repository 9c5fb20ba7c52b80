/**
 * The state of an upload, as data. One process moves it; each move is one guarded UPDATE (`move-upload.ts`), so that two
 * requests for the same upload cannot both win.
 */
import type { UploadState } from "../database/schema.ts";

/** From a state to those it may become. */
export const transitions: Record<UploadState, readonly UploadState[]> = {
  /** Takes chunks. Init puts it here; complete takes it on once every chunk is there. */
  receiving: ["assembling"],
  /** Its chunks are put together. Back to receiving when that fails; after a crash the next try goes on with it. */
  assembling: ["receiving", "assembled"],
  /** The source is in originals, the chunks are gone. Metadata has yet to be told. */
  assembled: ["registered", "refused"],
  /** Metadata knows the video. Transcoding has yet to be told. */
  registered: ["handed_over", "refused"],
  /** Transcoding has it. Nothing leads out but a delete. */
  handed_over: [],
  /** A service said no, and would say so again. Only somebody who asks for complete again leads out. */
  refused: ["assembled"],
};

/** What the background loop takes up: complete was asked for, and something is left to do. */
export const unfinishedStates = ["assembling", "assembled", "registered"] as const satisfies UploadState[];

/** The states that may become `next`: the right side of `WHERE state IN (…)`. */
export function statesBefore(next: UploadState): UploadState[] {
  const states = Object.keys(transitions) as UploadState[];
  return states.filter((state) => transitions[state].includes(next));
}
