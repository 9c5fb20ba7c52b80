/**
 * The store of the tus library, implemented by this service's verbs: a tus upload is sent as one stream, and stored and completed
 * as one in chunks is. Uploads in chunks, or fetched from a URL, do not exist here.
 *
 * Keys of Upload-Metadata are the client's own and values any text: known ones are validated as the fields of init are, the others
 * are returned unchanged and have no meaning.
 */
import type { Readable } from "node:stream";
import { DataStore, Metadata, Upload } from "@tus/server";
import { clientAddressOf, invalidRequest, type ServiceEnv, ServiceError } from "@video-backend/service";
import { getContext } from "hono/context-storage";
import { z } from "zod";
import { fileTooLarge, maxFileBytesOf } from "../admission/admit.ts";
import { NewUpload } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { type AppendDeps, appendSource } from "../sources/append-source.ts";
import { type CreateDeps, createUpload, type UploadRequest } from "../uploads/create-upload.ts";
import { type DeleteDeps, deleteUpload } from "../uploads/delete-upload.ts";
import { findUpload, isStream, type StreamUpload, uploadNotFound } from "../uploads/state.ts";

export type TusDeps = CreateDeps & AppendDeps & DeleteDeps & Pick<UploadDeps, "proxies">;

/** Each method throws a `ServiceError` as its verb does, and is called in a request of the service. */
export class TusStore extends DataStore {
  override extensions = ["creation", "creation-with-upload", "creation-defer-length", "termination", "expiration"];
  readonly #deps: TusDeps;

  constructor(deps: TusDeps) {
    super();
    this.#deps = deps;
  }

  /** The library reads the id from `upload`, whose own is provisional. */
  override async create(upload: Upload): Promise<Upload> {
    const client = clientAddressOf(getContext<ServiceEnv>(), this.#deps.proxies);
    upload.id = await createUpload(this.#deps, requestOf(upload, client));
    return upload;
  }

  override async write(body: Readable, id: string, offset: number): Promise<number> {
    await this.#find(id);
    return appendSource(this.#deps, id, { offset, body, signal: getContext<ServiceEnv>().req.raw.signal });
  }

  override async getUpload(id: string): Promise<Upload> {
    const row = await this.#find(id);
    const size = row.fileSizeBytes ?? row.sourceSizeBytes ?? undefined;
    const metadata = row.uploadMetadata === null ? undefined : Metadata.parse(row.uploadMetadata);
    return new Upload({
      id,
      offset: row.appendedBytes,
      ...(size !== undefined && { size }),
      ...(metadata && { metadata }),
    });
  }

  override async declareUploadLength(id: string, sizeBytes: number): Promise<void> {
    const { uploads, limits } = this.#deps;
    const maxBytes = maxFileBytesOf(limits, await this.#find(id));
    if (sizeBytes > maxBytes) throw fileTooLarge(maxBytes, sizeBytes);
    await uploads.update(id, { fileSizeBytes: sizeBytes }, { isSizeUnknown: true });
  }

  /** Only of a receiving upload. Knowing the id is not enough to delete a video: admin does that. */
  override async remove(id: string): Promise<void> {
    const { state } = await this.#find(id);
    if (state !== "receiving") {
      throw new ServiceError("conflict", `An upload that is ${state} cannot be terminated; delete the video instead`, {
        details: { upload_id: id, state, accepted: ["receiving"] },
      });
    }
    await deleteUpload(this.#deps, id);
  }

  async #find(id: string): Promise<StreamUpload> {
    const row = await findUpload(this.#deps, id);
    if (!isStream(row) || row.sourceUrl !== null) throw uploadNotFound(id);
    return row;
  }
}

const Known = z.object({
  filename: z.string("a filename is expected, its value in base64, such as: filename aG9saWRheS5tcDQ="),
  title: NewUpload.shape.title,
});

/**
 * The request of a creation. The name of the file is `filename`, or `name` for some clients.
 *
 * @param upload as the library parsed it; without a size its length is declared later
 * @throws ServiceError `invalid_request` without a name, or for an invalid title
 */
function requestOf({ size, metadata }: Pick<Upload, "size" | "metadata">, client: string | null): UploadRequest {
  const filename = metadata?.filename || metadata?.name || undefined;
  const known = Known.safeParse({ filename, title: metadata?.title || undefined });
  if (!known.success) throw invalidRequest("upload-metadata", known.error);
  const { title = null } = known.data;
  const uploadMetadata = metadata ? Metadata.stringify(metadata) : null;
  return { ...known.data, title, fileSizeBytes: size ?? null, uploadMetadata, client };
}
