/**
 * What admission has to know of the disk. Measured before the transaction that promises, since files cannot be asked in
 * one; by the files and not by the rows of chunks, of which there may be very many.
 */
import { inArray } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";

export interface Room {
  freeBytes: number;
  /** What open uploads take of the disk already, by id. */
  takenBytes: ReadonlyMap<string, number>;
}

/** Free bytes come last: what is written meanwhile counts twice, and never not at all. */
export async function measureRoom({ database, sources, disk }: UploadDeps): Promise<Room> {
  const isOpen = inArray(uploads.state, ["receiving", "assembling"]);
  const open = database.select({ id: uploads.id }).from(uploads).where(isOpen).all();
  const taken = open.map(async ({ id }) => [id, (await sources.measure(id))?.diskBytes ?? 0] as const);
  return { takenBytes: new Map(await Promise.all(taken)), freeBytes: await disk.freeBytes() };
}
