/** Starts an upload whose source is fetched from a URL: requests it once, so that a URL without a file is refused at once. */

import { openRemote, parseRemoteUrl } from "@video-backend/remote";
import { ServiceError } from "@video-backend/service";
import type { NewUploadFromUrl } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { type CreateDeps, createUpload } from "../uploads/create-upload.ts";
import { checkFilename } from "../uploads/filename.ts";
import { fileOf, nameFile } from "./remote-file.ts";

/**
 * The background loop fetches the file itself.
 *
 * @param client as admission counts
 * @param signal aborts when the client has disconnected
 * @returns the id of the upload
 * @throws ServiceError `forbidden` if the URL is not public or this is switched off; `source_unreachable`;
 *   `invalid_request` for an invalid URL, or one without a file; and what `createUpload` throws
 */
export async function createFromUrl(
  deps: CreateDeps & Pick<UploadDeps, "remote">,
  form: NewUploadFromUrl,
  client: string | null,
  signal: AbortSignal,
): Promise<string> {
  if (!deps.remote) throw new ServiceError("forbidden", "Uploads from an address are switched off (UPLOAD_FROM_URL)");
  const url = parseRemoteUrl(form.url);
  if (form.filename !== undefined) checkFilename(form.filename);
  using answer = await openRemote(deps.remote, url, {}, signal);
  const { sizeBytes } = fileOf(answer);
  return await createUpload(deps, {
    filename: form.filename ?? nameFile(url, answer),
    title: form.title ?? null,
    fileSizeBytes: sizeBytes,
    sourceUrl: url.href,
    client,
  });
}
