/**
 * Opens sources. Acknowledged bytes that a source does not have any more (a manual change, another disk, a power cut under a laxer
 * policy) are forgotten in the rows, so that they are missing and sent again, instead of being zeros.
 */
import type { FileHandle } from "node:fs/promises";
import type { UploadDeps } from "../deps.ts";
import type { UploadRecord } from "../uploads/store.ts";

type Deps = Pick<UploadDeps, "uploads" | "chunks" | "sources" | "log">;
type Upload = Pick<UploadRecord, "id" | "appendedBytes">;

/** Opens the source of an upload, which was created with it; one that is lost is created again. */
export async function openSource(deps: Deps, upload: Upload): Promise<FileHandle> {
  const { sources } = deps;
  const { id, appendedBytes } = upload;
  const source = await sources.open(id);
  if (source && appendedBytes === null) return source;
  if (!source) await sources.create(id);
  const opened = source ?? (await sources.open(id));
  if (!opened) throw new Error(`The source of ${id} was created and is lost again`);
  const { size } = await opened.stat();
  if (!source || size < (appendedBytes ?? 0)) await forgetBeyond(deps, upload, size);
  return opened;
}

/** Forgets the bytes from `sizeBytes` on, where the source ends, and chunks whose own files are lost. */
export async function forgetBeyond(deps: Deps, { id, appendedBytes }: Upload, sizeBytes: number): Promise<void> {
  const { uploads, chunks, sources } = deps;
  deps.log.error({ uploadId: id, sizeBytes }, "a source lost bytes; the client has to send them again");
  if (appendedBytes !== null) {
    await uploads.update(id, { appendedBytes: sizeBytes });
    return;
  }
  const kept = new Set(sources.keptNames(id));
  await chunks.forget(id, (chunk) =>
    chunk.spool === null ? (chunk.offsetBytes ?? 0) + chunk.sizeBytes > sizeBytes : !kept.has(chunk.spool),
  );
}
