/** The end of an upload's row, and with it of its chunks' rows. */
import type { SQL } from "drizzle-orm";
import { storageFull } from "../chunks/write-body.ts";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";

/**
 * Deletes the row that fits `isIt`, before anything is awaited. On a disk that is full even that may be too much, since a
 * database first writes down what it will remove; only then the files go before the row, and make room for it.
 *
 * @returns the row; undefined when there was none
 */
export async function forgetRow(
  database: Pick<UploadDatabase, "delete">,
  isIt: SQL | undefined,
  removeFiles: () => Promise<void>,
): Promise<UploadRow | undefined> {
  const forget = () => database.delete(uploads).where(isIt).returning().all()[0];
  try {
    return forget();
  } catch (error) {
    if (!storageFull(error)) throw error;
    await removeFiles();
    return forget();
  }
}
