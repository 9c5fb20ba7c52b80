/** One file, from the disk to a video that plays; taken up where an earlier run of it ended. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { isServiceError } from "@video-backend/service";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import type { Upload, UploadClient } from "@video-backend/upload/client";
import { parseResponse } from "hono/client";
import { chunkBytesFor, slicesOf, totalChunks } from "./chunk-plan.ts";
import { followTranscode } from "./follow-transcode.ts";
import { progressBar } from "./progress-bar.ts";
import type { FileIdentity, RememberedUploads } from "./remembered-uploads.ts";
import type { Screen } from "./screen.ts";
import { sendChunks } from "./send-chunks.ts";

export interface UploadCommand {
  uploadUrl: string;
  streamingUrl: string;
  upload: UploadClient;
  transcoding: TranscodingClient;
  remembered: RememberedUploads;
  screen: Screen;
  /** Ends the run; what was sent stays and the next run goes on from there. */
  signal: AbortSignal;
  /** Carries the chunks. */
  fetch: (request: Request) => Promise<Response>;
  pause: (seconds: number) => Promise<void>;
  /** Of `sendChunks`. */
  retryMilliseconds?: number;
  /** Seconds. */
  now: () => number;
}

/** @throws Error with a sentence for people: no such file, refused, out of reach, not transcoded */
export async function uploadFile(command: UploadCommand, path: string): Promise<void> {
  const { remembered, upload, screen } = command;
  const identity = await identify(path, command.uploadUrl);
  const found = (await findBegun(command, identity)) ?? (await begin(command, identity));
  const uploadId = found.upload_id;
  if (found.state === "receiving") await sendMissing(command, identity, found);
  await parseResponse(upload.upload.complete.$post({ json: { upload_id: uploadId } }));
  const playbackUrl = `${command.streamingUrl}/stream/${uploadId}/master.m3u8`;
  screen.say(`uploaded as ${uploadId}; it will play at ${playbackUrl}`);
  await followTranscode({ ...command, uploadId, playbackUrl });
  await remembered.forget(identity);
}

async function identify(path: string, uploadUrl: string): Promise<FileIdentity> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === "ENOENT" ? `there is no file ${absolute}` : error.message, { cause: error });
  });
  if (!found.isFile()) throw new Error(`${absolute} is no file`);
  return { path: absolute, sizeBytes: found.size, modifiedAtMs: found.mtimeMs, uploadUrl };
}

/** The upload that an earlier run began, if the service still has it. */
async function findBegun({ remembered, upload, screen }: UploadCommand, file: FileIdentity): Promise<Upload | null> {
  const uploadId = await remembered.find(file);
  if (uploadId === null) return null;
  try {
    const found = await parseResponse(upload.upload[":upload_id"].$get({ param: { upload_id: uploadId } }));
    if (found.state === "receiving") {
      screen.say(`going on with ${uploadId}: ${found.received.length} of ${found.total_chunks} chunks are there`);
    }
    return found;
  } catch (error) {
    if (!isServiceError(error, "not_found")) throw error;
    await remembered.forget(file);
    return null;
  }
}

async function begin({ upload, remembered }: UploadCommand, file: FileIdentity): Promise<Upload> {
  const chunkBytes = chunkBytesFor(file.sizeBytes);
  const json = {
    filename: basename(file.path),
    total_chunks: totalChunks(file.sizeBytes, chunkBytes),
    file_size: file.sizeBytes,
    chunk_size: chunkBytes,
  };
  const { upload_id } = await parseResponse(upload.upload.init.$post({ json }));
  await remembered.remember(file, upload_id);
  return parseResponse(upload.upload[":upload_id"].$get({ param: { upload_id } }));
}

async function sendMissing(command: UploadCommand, file: FileIdentity, begun: Upload): Promise<void> {
  const { screen, now } = command;
  const slices = slicesOf(begun.missing, file.sizeBytes, begun.chunk_size ?? chunkBytesFor(file.sizeBytes));
  const startedAt = now();
  let sentNowBytes = 0;
  const show = () => {
    const sentBytes = begun.bytes_received + sentNowBytes;
    screen.show(progressBar({ sentBytes, totalBytes: file.sizeBytes, sentNowBytes, secondsNow: now() - startedAt }));
  };
  show();
  await sendChunks({
    ...command,
    uploadId: begun.upload_id,
    file: Bun.file(file.path),
    slices,
    onSent: ({ start, end }) => {
      sentNowBytes += end - start;
      show();
    },
  });
}
