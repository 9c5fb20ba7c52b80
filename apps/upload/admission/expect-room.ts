/** Room for bytes that are about to come in; whoever has not said his size at init had none promised. */
import { ServiceError } from "@video-backend/service";
import type { UploadDeps } from "../deps.ts";

/**
 * @param announcedBytes 0 where the sender does not say it
 * @throws ServiceError `storage_full` before a byte is read
 */
export async function expectRoom({ disk, limits }: UploadDeps, announcedBytes: number): Promise<void> {
  const free = Math.max(0, (await disk.freeBytes()) - limits.lowWaterBytes);
  if (announcedBytes <= free && free > 0) return;
  throw new ServiceError(
    "storage_full",
    `No room left for these bytes, ${free} are free; what is here stays, and they may be sent again once there is room`,
    { details: { needed_bytes: announcedBytes, free_bytes: free } },
  );
}
