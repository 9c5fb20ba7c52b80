/** Begins an upload whose source is fetched from an address: asks there once, so that what cannot be had is told at once. */
import { ServiceError } from "@video-backend/service";
import type { NewUploadFromUrl } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { beginUpload } from "../uploads/begin-upload.ts";
import { checkFilename } from "../uploads/filename.ts";
import { openRemote } from "./open-remote.ts";
import { fileOf, nameFile } from "./remote-file.ts";
import { parseRemoteUrl } from "./remote-url.ts";

/**
 * The fetch itself is the background loop's.
 *
 * @param client as admission counts
 * @param signal ends it when whoever asked has left
 * @returns the id of the upload
 * @throws ServiceError `forbidden` where the address is not public or this is switched off; `source_unreachable`;
 *   `invalid_request` for an address that is none, or that gives no file; and what `beginUpload` throws
 */
export async function beginFromUrl(
  deps: UploadDeps,
  form: NewUploadFromUrl,
  client: string | null,
  signal: AbortSignal,
): Promise<string> {
  if (!deps.remote) throw new ServiceError("forbidden", "Uploads from an address are switched off (UPLOAD_FROM_URL)");
  const url = parseRemoteUrl(form.url);
  if (form.filename !== undefined) checkFilename(form.filename);
  using answer = await openRemote(deps.remote, url, {}, signal);
  const { sizeBytes } = fileOf(answer);
  return await beginUpload(deps, {
    filename: form.filename ?? nameFile(url, answer),
    title: form.title ?? null,
    totalChunks: 1,
    fileSizeBytes: sizeBytes,
    chunkSizeBytes: null,
    isStream: true,
    sourceUrl: url.href,
    client,
  });
}
