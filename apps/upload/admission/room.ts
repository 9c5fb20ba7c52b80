/**
 * Disk space, checked before bytes are received and while they are. Two things are reserved: the low-water mark, for no upload;
 * and what is promised to uploads that declared their size, and to the renditions of all that transcoding does not have yet.
 * Bytes within an upload's own promise need to respect the mark only.
 */
import { statfs } from "node:fs/promises";
import { ServiceError } from "@video-backend/service";
import type { UploadSizes, Uploads } from "../uploads/store.ts";
import type { Limits } from "./admit.ts";

/** The disk of the originals. */
export interface Disk {
  /** What an unprivileged user may still write. */
  freeBytes(): Promise<number>;
  totalBytes(): Promise<number>;
}

export function createDisk(directory: string): Disk {
  return {
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
    async totalBytes() {
      const { blocks, bsize } = await statfs(directory);
      return blocks * bsize;
    },
  };
}

export type Room = ReturnType<typeof createRoom>;
export type Meter = ReturnType<Room["enter"]>;

/** The disk is checked at least every so many bytes or milliseconds; a check costs 40 µs. */
const checkEveryBytes = 1024 ** 2;
const checkEveryMilliseconds = 10;

export interface RoomDeps {
  uploads: Uploads;
  disk: Disk;
  limits: Limits;
}

export function createRoom(deps: RoomDeps) {
  /** Bytes of each upload that are written and not in its row yet. */
  const inFlight = new Map<string, number>();
  let receivedBytesInAll = 0;

  /** Bytes that are promised to these uploads and not received yet, without those of one. */
  function promisedBytes(unfinished: readonly UploadSizes[], except: string | null = null): number {
    const others = unfinished.filter(({ id }) => id !== except);
    return others.reduce((sum, upload) => sum + missingBytes(upload) + ladderBytes(upload, deps.limits), 0);
  }

  const missingBytes = (upload: UploadSizes): number =>
    Math.max(0, (upload.fileSizeBytes ?? 0) - receivedBytes(upload) - (inFlight.get(upload.id) ?? 0));

  async function check(uploadId: string | null, neededBytes: number, known?: UploadSizes | null): Promise<void> {
    const freeBytes = Math.max(0, (await deps.disk.freeBytes()) - deps.limits.lowWaterBytes);
    if (neededBytes > freeBytes || freeBytes === 0) throw noRoom(neededBytes, freeBytes, 0);
    if (uploadId === null) return;
    const upload = known ?? (await deps.uploads.find(uploadId));
    const withThese = upload ? receivedBytes(upload) + (inFlight.get(uploadId) ?? 0) + neededBytes : 0;
    if (upload?.fileSizeBytes != null && withThese <= upload.fileSizeBytes) return;
    const promised = promisedBytes(await deps.uploads.listUnfinished(), uploadId);
    if (neededBytes + promised > freeBytes) throw noRoom(neededBytes, freeBytes, promised);
  }

  return {
    promisedBytes,
    /** All bytes that were received since the start, whatever became of them. */
    receivedBytes: () => receivedBytesInAll,
    /** Counts the bytes that are received for an upload until disposed; null while it is not known for which. */
    enter(uploadId: string | null) {
      let takenBytes = 0;
      let sinceCheck = 0;
      let checkedAt = performance.now();
      const add = (bytes: number) => {
        takenBytes += bytes;
        if (uploadId === null) return;
        const total = (inFlight.get(uploadId) ?? 0) + bytes;
        if (total > 0) inFlight.set(uploadId, total);
        else inFlight.delete(uploadId);
      };
      async function checkFor(bytes: number, known?: UploadSizes | null): Promise<void> {
        [sinceCheck, checkedAt] = [0, performance.now()];
        await check(uploadId, bytes, known);
      }
      const isDue = () => sinceCheck >= checkEveryBytes || performance.now() - checkedAt >= checkEveryMilliseconds;
      return {
        /**
         * Checks the room for bytes that are about to be received.
         *
         * @param bytes 0 if the sender does not announce the length
         * @param known the upload if it was read just now
         * @throws ServiceError `storage_full`
         */
        expect: checkFor,
        /** Counts bytes before they are written, 0 at the end, and checks the disk periodically. Throws as `expect`. */
        take(bytes: number): Promise<void> | undefined {
          receivedBytesInAll += bytes;
          add(bytes);
          sinceCheck += bytes;
          return sinceCheck > 0 && isDue() ? checkFor(0) : undefined;
        },
        /** Stops counting bytes that are in the upload's row now. */
        give: (bytes: number) => add(-bytes),
        [Symbol.dispose]() {
          add(-takenBytes);
        },
      };
    },
  };
}

const receivedBytes = (upload: UploadSizes): number =>
  upload.sourceSizeBytes ?? upload.appendedBytes ?? upload.receivedBytes;

/** Of an upload that transcoding does not have yet; afterwards the renditions reduce the free bytes as they are written. */
const ladderBytes = (upload: UploadSizes, { ladderRatio }: Limits): number =>
  Math.ceil(Math.max(upload.sourceSizeBytes ?? upload.fileSizeBytes ?? 0, receivedBytes(upload)) * ladderRatio);

function noRoom(neededBytes: number, freeBytes: number, promisedBytes: number): ServiceError {
  const promised = promisedBytes > 0 ? `, and ${promisedBytes} of them are promised to other uploads` : "";
  return new ServiceError(
    "storage_full",
    `No room left for these bytes, ${freeBytes} are free${promised}; what was received is kept, and these may be sent again ` +
      "once there is room",
    { details: { needed_bytes: neededBytes, free_bytes: freeBytes, promised_bytes: promisedBytes } },
  );
}
