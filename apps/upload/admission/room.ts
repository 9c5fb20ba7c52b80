/**
 * Room on the disk, asked before bytes come and while they come. Two things are kept free of whoever has no claim to them:
 * the low-water mark, which nobody may go below; and what is promised to uploads that said their size at init, and to the
 * renditions of all that transcoding does not have yet. Bytes within an upload's own promise need the mark only.
 */
import { statfs } from "node:fs/promises";
import { ServiceError } from "@video-backend/service";
import { eq, inArray, sql } from "drizzle-orm";
import type { Reads, UploadDatabase } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import { unfinishedStates } from "../uploads/state.ts";
import type { Limits } from "./admit.ts";

/** The disk that originals lie on. */
export interface Disk {
  /** As far as a plain user may fill it. */
  freeBytes(): Promise<number>;
}

export function createDisk(directory: string): Disk {
  return {
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
  };
}

export interface Room {
  /** Counts the bytes that come for an upload until disposed; null for bytes of which nobody knows yet whose they are. */
  enter(uploadId: string | null): Meter;
  /** Bytes that are promised and not here yet, without those of one upload. */
  promisedBytes(except?: string | null): number;
}

export interface Meter extends Disposable {
  /**
   * Asks for room for bytes that are about to come.
   *
   * @param announcedBytes 0 where the sender does not say it
   * @throws ServiceError `storage_full`
   */
  expect(announcedBytes: number): Promise<void>;
  /** Counts bytes before they are written, 0 for no more, and looks at the disk now and then. Throws as `expect`. */
  take(bytes: number): Promise<void> | undefined;
  /** Counts bytes no more that are in the upload's row by now. */
  give(bytes: number): void;
}

/** So much, or for so long, is written between two looks at the disk; one costs 40 µs. */
const lookEveryBytes = 1024 ** 2;
const lookEveryMilliseconds = 10;

export interface RoomDeps {
  database: UploadDatabase;
  disk: Disk;
  limits: Limits;
}

export function createRoom(deps: RoomDeps): Room {
  /** Bytes of each upload that are written and not in its row yet. */
  const onTheWay = new Map<string, number>();

  // Asked with each chunk, and prepared for that.
  const open = selectPromised(deps.database)
    .where(inArray(uploads.state, ["receiving", ...unfinishedStates]))
    .prepare();
  const one = selectPromised(deps.database)
    .where(eq(uploads.id, sql.placeholder("id")))
    .prepare();

  function promisedBytes(except: string | null = null): number {
    const others = open.all().filter(({ id }) => id !== except);
    return others.reduce((sum, upload) => sum + missingBytes(upload) + ladderBytes(upload, deps.limits), 0);
  }

  const missingBytes = (upload: Promised): number =>
    Math.max(0, (upload.fileSizeBytes ?? 0) - hereBytes(upload) - (onTheWay.get(upload.id) ?? 0));

  async function look(uploadId: string | null, neededBytes: number): Promise<void> {
    const freeBytes = Math.max(0, (await deps.disk.freeBytes()) - deps.limits.lowWaterBytes);
    if (neededBytes > freeBytes || freeBytes === 0) throw noRoom(neededBytes, freeBytes, 0);
    if (uploadId === null) return;
    const upload = one.get({ id: uploadId });
    const withThese = upload ? hereBytes(upload) + (onTheWay.get(uploadId) ?? 0) + neededBytes : 0;
    if (upload?.fileSizeBytes != null && withThese <= upload.fileSizeBytes) return;
    const promised = promisedBytes(uploadId);
    if (neededBytes + promised > freeBytes) throw noRoom(neededBytes, freeBytes, promised);
  }

  return {
    promisedBytes,
    enter(uploadId) {
      let takenBytes = 0;
      let sinceLook = 0;
      let lookedAt = performance.now();
      const add = (bytes: number) => {
        takenBytes += bytes;
        if (uploadId === null) return;
        const total = (onTheWay.get(uploadId) ?? 0) + bytes;
        if (total > 0) onTheWay.set(uploadId, total);
        else onTheWay.delete(uploadId);
      };
      async function lookFor(bytes: number): Promise<void> {
        [sinceLook, lookedAt] = [0, performance.now()];
        await look(uploadId, bytes);
      }
      const isDue = () => sinceLook >= lookEveryBytes || performance.now() - lookedAt >= lookEveryMilliseconds;
      return {
        expect: lookFor,
        take(bytes) {
          add(bytes);
          sinceLook += bytes;
          return sinceLook > 0 && isDue() ? lookFor(0) : undefined;
        },
        give: (bytes) => add(-bytes),
        [Symbol.dispose]() {
          add(-takenBytes);
        },
      };
    },
  };
}

type Promised = Pick<UploadRow, "id" | "fileSizeBytes" | "sourceSizeBytes" | "appendedBytes" | "receivedBytes">;

function selectPromised(database: Reads) {
  const { id, fileSizeBytes, sourceSizeBytes, appendedBytes, receivedBytes } = uploads;
  return database.select({ id, fileSizeBytes, sourceSizeBytes, appendedBytes, receivedBytes }).from(uploads);
}

const hereBytes = ({ sourceSizeBytes, appendedBytes, receivedBytes }: Promised): number =>
  sourceSizeBytes ?? appendedBytes ?? receivedBytes;

/** Of an upload that transcoding does not have yet; what is handed over shows in the free bytes, little by little. */
const ladderBytes = (upload: Promised, { ladderRatio }: Limits): number =>
  Math.ceil(Math.max(upload.sourceSizeBytes ?? upload.fileSizeBytes ?? 0, hereBytes(upload)) * ladderRatio);

function noRoom(neededBytes: number, freeBytes: number, promisedBytes: number): ServiceError {
  const promised = promisedBytes > 0 ? `, and ${promisedBytes} of them are promised to other uploads` : "";
  return new ServiceError(
    "storage_full",
    `No room left for these bytes, ${freeBytes} are free${promised}; what is here stays, and they may be sent again once ` +
      "there is room",
    { details: { needed_bytes: neededBytes, free_bytes: freeBytes, promised_bytes: promisedBytes } },
  );
}
