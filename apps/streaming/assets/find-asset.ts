/** Finds a stored file by its key or says, in the sentence of its route, that there is none. */
import { ServiceError } from "@video-backend/service";
import type { StoredBlob } from "@video-backend/storage";
import type { StreamingDeps } from "../service.ts";

/** A stored file on its way out. */
export interface Asset extends StoredBlob {
  key: string;
}

/**
 * The parts of the key have been checked by pattern before.
 *
 * @throws ServiceError `not_found` with the sentence `absent`
 */
export async function findAsset({ store }: Pick<StreamingDeps, "store">, key: string, absent: string): Promise<Asset> {
  const stored = await store.open(key);
  if (!stored) throw new ServiceError("not_found", absent);
  return { key, ...stored };
}
