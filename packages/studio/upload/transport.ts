/** How bytes reach the server: the only file that knows the routes of the upload API. */
import { ask, Refusal, refusalOf, sending } from "../shell/ask.ts";
import { here } from "../shell/settings.ts";
import { texts } from "../texts.ts";
import type { UploadState } from "./upload.ts";

export interface NewUpload {
  filename: string;
  total_chunks: number;
  file_size: number;
  chunk_size: number;
}

/** All reject with a Refusal, or with the signal's reason. */
export interface Transport {
  /** Answers the id. */
  begin(upload: NewUpload, signal: AbortSignal): Promise<string>;
  /** Null where the server knows it no more. */
  look(uploadId: string, signal: AbortSignal): Promise<UploadState | null>;
  /** @param onSent called with the bytes of this chunk that are on their way */
  send(
    uploadId: string,
    index: number,
    chunk: Blob,
    onSent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  complete(uploadId: string, signal: AbortSignal): Promise<void>;
  abandon(uploadId: string): Promise<void>;
}

export const transport: Transport = {
  async begin(upload, signal) {
    const { upload_id } = await ask<{ upload_id: string }>("/upload/init", { ...sending("POST", upload), signal });
    return upload_id;
  },
  async look(uploadId, signal) {
    try {
      return await ask<UploadState>(`/upload/${uploadId}`, { signal });
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    }
  },
  send: sendChunk,
  async complete(uploadId, signal) {
    await ask("/upload/complete", { ...sending("POST", { upload_id: uploadId }), signal });
  },
  async abandon(uploadId) {
    await ask(`/upload/${uploadId}`, { method: "DELETE" });
  },
};

/** By XMLHttpRequest: `fetch` does not tell how much of a body is sent. */
function sendChunk(
  uploadId: string,
  index: number,
  chunk: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      reject(signal.reason);
    };
    request.upload.addEventListener("progress", ({ loaded }) => onSent(Math.min(loaded, chunk.size)));
    request.addEventListener("load", () => {
      const { status, responseText } = request;
      if (status >= 200 && status < 300) resolve();
      else reject(refusalOf(status, responseText, request.getResponseHeader("retry-after")));
    });
    request.addEventListener("error", () => reject(new Refusal(0, texts.noAnswer)));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    request.open("PUT", here(`/upload/${uploadId}/chunks/${index}`));
    request.send(chunk);
  });
}
