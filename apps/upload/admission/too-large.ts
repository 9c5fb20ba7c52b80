/** The errors for more bytes than is accepted: 413, with the limit. */
import { ServiceError } from "@video-backend/service";
import type { Limits } from "./limits.ts";

export const chunkTooLarge = ({ maxChunkBytes }: Limits): ServiceError =>
  new ServiceError("too_large", `A chunk may have ${maxChunkBytes} bytes; send smaller ones`, {
    details: { max_chunk_bytes: maxChunkBytes },
  });

export const fileTooLarge = ({ maxFileBytes }: Limits): ServiceError =>
  new ServiceError("too_large", `A file may have ${maxFileBytes} bytes, and this part goes beyond`, {
    details: { max_file_bytes: maxFileBytes },
  });
