/**
 * Finds an upload, and moves it: which states there are, and every change between them. One process moves it; each move is
 * one guarded UPDATE, so that two requests for the same upload cannot both win.
 */
import { ServiceError } from "@video-backend/service";
import { and, eq, inArray } from "drizzle-orm";
import type { Reads, UploadDatabase } from "../database/open.ts";
import { type UploadRow, type UploadState, uploads } from "../database/schema.ts";

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

/** Old clients read these sentences; complete has one of its own. */
const notFound = {
  chunk: "Upload ID not found",
  complete: "Upload ID not found or missing metadata",
};

/** @throws ServiceError `not_found`, in the words of the request that asks */
export function findUpload(database: Reads, uploadId: string, asked: keyof typeof notFound = "chunk"): UploadRow {
  const row = database.select().from(uploads).where(eq(uploads.id, uploadId)).get();
  if (!row) throw uploadNotFound(uploadId, asked);
  return row;
}

/** What is thrown, and what ends the work on an upload that is deleted meanwhile. */
export function uploadNotFound(uploadId: string, asked: keyof typeof notFound = "chunk"): ServiceError {
  return new ServiceError("not_found", notFound[asked], { details: { upload_id: uploadId } });
}

/** An upload whose source is filled from its beginning on: by tus, or from an address. */
export type StreamRow = UploadRow & { appendedBytes: number };

export const isStream = (upload: UploadRow): upload is StreamRow => upload.appendedBytes !== null;

/** @throws ServiceError `not_found`; `conflict` for one that comes in chunks, or takes no more bytes */
export function expectOpenStream(database: Reads, uploadId: string): StreamRow {
  const upload = findUpload(database, uploadId);
  if (!isStream(upload)) {
    throw new ServiceError("conflict", "This upload comes in chunks; send them to /upload/{upload_id}/chunks/{index}", {
      details: { upload_id: uploadId },
    });
  }
  refuseClosed(upload, "bytes");
  return upload;
}

/** @throws ServiceError `conflict` for an upload that takes no more of these */
export function refuseClosed({ id, state }: UploadRow, what: "bytes" | "chunks"): void {
  if (state === "receiving") return;
  throw new ServiceError("conflict", `An upload that is ${state} takes no more ${what}`, {
    details: { upload_id: id, state, accepted: ["receiving"] },
  });
}
