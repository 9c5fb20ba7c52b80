/**
 * The state of an upload: which there are, and every change between them. One process moves it; each move is one guarded
 * UPDATE, so that two requests for the same upload cannot both win.
 */
import { ServiceError } from "@video-backend/service";
import { and, eq, inArray } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, type UploadState, uploads } from "../database/schema.ts";
import { findUpload } from "./find-upload.ts";

/** From a state to those it may become. */
export const transitions: Record<UploadState, readonly UploadState[]> = {
  /** Takes bytes. Init puts it here; complete takes it on once every byte is there. */
  receiving: ["completing"],
  /** Its source is checked and stored. Back to receiving when that fails; after a crash the next try goes on with it. */
  completing: ["receiving", "stored"],
  /** The source is in originals. Metadata has yet to be told. */
  stored: ["registered", "refused"],
  /** Metadata knows the video. Transcoding has yet to be told. */
  registered: ["handed_over", "refused"],
  /** Transcoding has it. Nothing leads out but a delete. */
  handed_over: [],
  /** A service said no, and would say so again. Only somebody who asks for complete again leads out. */
  refused: ["stored"],
};

/** What the background loop takes up: complete was asked for, and something is left to do. */
export const unfinishedStates = ["completing", "stored", "registered"] as const satisfies UploadState[];

/** Its source is not in originals yet. */
export const isOpen = ({ state }: Pick<UploadRow, "state">): boolean => state === "receiving" || state === "completing";

/**
 * Moves an upload to `next` if its state allows that, together with what is known of it from then on.
 *
 * @param now epoch seconds
 * @throws ServiceError `not_found` when it was deleted; `conflict` naming the state it is in
 */
export function moveUpload(
  database: Pick<UploadDatabase, "select" | "update">,
  uploadId: string,
  next: UploadState,
  now: number,
  known: Partial<
    Pick<UploadRow, "sourceSizeBytes" | "error" | "failedTries" | "nextTryAt" | "sha256" | "expectedSha256">
  > = {},
): UploadRow {
  const accepted = statesBefore(next);
  const [moved] = database
    .update(uploads)
    .set({ ...known, state: next, updatedAt: now })
    .where(and(eq(uploads.id, uploadId), inArray(uploads.state, accepted)))
    .returning()
    .all();
  if (moved) return moved;
  const { state } = findUpload(database, uploadId);
  throw new ServiceError("conflict", `An upload that is ${state} cannot become ${next}`, {
    details: { upload_id: uploadId, state, accepted },
  });
}

/** The states that may become `next`: the right side of `WHERE state IN (…)`. */
function statesBefore(next: UploadState): UploadState[] {
  const states = Object.keys(transitions) as UploadState[];
  return states.filter((state) => transitions[state].includes(next));
}
