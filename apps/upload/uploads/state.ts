/**
 * The states of an upload and every change between them, and what verbs derive from an upload or check of it. Each change is one
 * conditional update, so that of two concurrent requests one wins and the other is a conflict.
 */
import { ServiceError } from "@video-backend/service";
import { originalKey as keyOfOriginal } from "@video-backend/storage/layout";
import type { UploadDeps } from "../deps.ts";
import type { UploadFields, UploadRecord, UploadState } from "./store.ts";

/** From a state to those it may become. */
export const transitions: Record<UploadState, readonly UploadState[]> = {
  /** Takes bytes. Created in this state; complete takes it on once every byte is received. */
  receiving: ["completing"],
  /** Its source is checked and stored. Back to receiving if that fails; after a crash the next try resumes. */
  completing: ["receiving", "stored"],
  /** The source is in originals. Metadata has not registered it yet. */
  stored: ["registered", "refused"],
  /** Metadata has the video. Transcoding has not started it yet. */
  registered: ["handed_over", "refused"],
  /** Transcoding has it. Only a delete leads out. */
  handed_over: [],
  /** A service refused it, and would refuse it again. Only another request to complete leads out. */
  refused: ["stored"],
};

/** What the background loop works on: complete was requested, and something is left to do. */
export const unfinishedStates = ["completing", "stored", "registered"] as const satisfies UploadState[];

/** Its source is not in originals yet. */
export const isOpen = ({ state }: Pick<UploadRecord, "state">): boolean =>
  state === "receiving" || state === "completing";

/** `originals/{id}/{name}`; the name was checked at init, and the store checks the key once more. */
export function originalKey(upload: Pick<UploadRecord, "id" | "filename" | "storedName">): string {
  return keyOfOriginal(upload.id, storedNameOf(upload));
}

/** The name of the file for the other services. */
export const storedNameOf = (upload: Pick<UploadRecord, "filename" | "storedName">): string =>
  upload.storedName ?? upload.filename;

/** The states that may become `next`. */
const statesBefore = (next: UploadState): UploadState[] =>
  (Object.keys(transitions) as UploadState[]).filter((state) => transitions[state].includes(next));

type Deps = Pick<UploadDeps, "uploads">;

/**
 * Moves an upload to `next` if its state allows that, and sets further fields.
 *
 * @throws ServiceError `not_found` if it was deleted; `conflict` naming its state
 */
export async function moveUpload(
  { uploads }: Deps,
  uploadId: string,
  next: UploadState,
  fields: UploadFields = {},
): Promise<UploadRecord> {
  const states = statesBefore(next);
  const moved = await uploads.update(uploadId, { ...fields, state: next }, { states });
  if (moved) return moved;
  const { state } = await findUpload({ uploads }, uploadId);
  throw new ServiceError("conflict", `An upload that is ${state} cannot become ${next}`, {
    details: { upload_id: uploadId, state, accepted: states },
  });
}

/** Old clients read these sentences; complete has one of its own. */
const notFound = {
  chunk: "Upload ID not found",
  complete: "Upload ID not found or missing metadata",
};

/** @throws ServiceError `not_found`, in the words of the request */
export async function findUpload(
  { uploads }: Deps,
  uploadId: string,
  asked: keyof typeof notFound = "chunk",
): Promise<UploadRecord> {
  const upload = await uploads.find(uploadId);
  if (!upload) throw uploadNotFound(uploadId, asked);
  return upload;
}

/** Also the reason with which the operations on a deleted upload are cancelled. */
export function uploadNotFound(uploadId: string, asked: keyof typeof notFound = "chunk"): ServiceError {
  return new ServiceError("not_found", notFound[asked], { details: { upload_id: uploadId } });
}

/** An upload whose source is sent as one stream: by tus, or fetched from a URL. */
export type StreamUpload = UploadRecord & { appendedBytes: number };

export const isStream = (upload: UploadRecord): upload is StreamUpload => upload.appendedBytes !== null;

/** @throws ServiceError `not_found`; `conflict` for one that is sent in chunks, or takes no more bytes */
export async function findOpenStream(deps: Deps, uploadId: string): Promise<StreamUpload> {
  const upload = await findUpload(deps, uploadId);
  if (!isStream(upload)) {
    throw new ServiceError(
      "conflict",
      "This upload is sent in chunks; send them to /upload/{upload_id}/chunks/{index}",
      {
        details: { upload_id: uploadId },
      },
    );
  }
  refuseClosed(upload, "bytes");
  return upload;
}

/**
 * @param index null while it is not known yet
 * @throws ServiceError `not_found` for null; `conflict` if the upload takes no chunks; `invalid_request` for the index
 */
export function expectTakesChunk(upload: UploadRecord | null, uploadId: string, index: number | null): UploadRecord {
  if (!upload) throw uploadNotFound(uploadId);
  refuseClosed(upload, "chunks");
  if (isStream(upload)) {
    const sentence = "This upload is sent as one stream (tus, or from a URL) and accepts no chunks";
    throw new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
  }
  const { totalChunks } = upload;
  if (index !== null && index >= totalChunks) {
    const accepted = `an integer from 0 to ${totalChunks - 1} is expected, since total_chunks is ${totalChunks}`;
    throw new ServiceError("invalid_request", `index: ${accepted}; got ${index}`, {
      details: { problems: [{ field: "index", message: accepted }] },
    });
  }
  return upload;
}

function refuseClosed({ id, state }: UploadRecord, what: "bytes" | "chunks"): void {
  if (state === "receiving") return;
  throw new ServiceError("conflict", `An upload that is ${state} takes no more ${what}`, {
    details: { upload_id: id, state, accepted: ["receiving"] },
  });
}
