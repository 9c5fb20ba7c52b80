/**
 * The way to every file that is served. Each request looks at the file as it is at this moment, so what was deleted or made
 * anew is never served from memory; only the content comes from there. Where the store can look at once, so does this: a
 * promise is answered only when there is something to wait for.
 */
import { type Log, messageOf, ServiceError } from "@video-backend/service";
import type { BlobStore, StoredBlob } from "@video-backend/storage";
import { finishedKey, videoIdOf } from "@video-backend/storage/layout";
import { type Asset, describeAsset } from "./asset.ts";
import type { FilesInMemory } from "./files-in-memory.ts";

export interface Assets {
  /** Null when there is none. The parts of the key have been checked by pattern before. */
  find(key: string): Asset | null | Promise<Asset | null>;
}

/** A file that is put anew at every look would be read for ever. */
const mostReadings = 3;

export function createAssets(store: BlobStore, memory: FilesInMemory, log: Log): Assets {
  function look(key: string): StoredBlob | null | Promise<StoredBlob | null> {
    return store.peek ? store.peek(key) : store.open(key);
  }

  function contentOf(key: string, stored: StoredBlob): Asset | Promise<Asset | null> {
    const held = memory.find(key, stored.version);
    if (held) return held;
    const wish = memory.wish(key, stored.sizeBytes);
    if (wish === "first") return readFirst(key, stored);
    if (wish === "beside") {
      memory.read(key, stored).catch((error) => log.debug({ key, reason: messageOf(error) }, "not held in memory"));
    }
    return describeAsset(key, stored);
  }

  /** The content of a path that is replaced is of the version seen before only when that is still there after. */
  async function readFirst(key: string, seen: StoredBlob): Promise<Asset | null> {
    let stored = seen;
    for (let reading = 1; reading <= mostReadings; reading++) {
      const asset = await memory.read(key, stored).catch(async (error: unknown) => {
        if ((await look(key)) !== null) throw error;
        return null;
      });
      const after = await look(key);
      if (after === null) return null;
      // The next one has it from memory.
      if (asset && after.version === stored.version) return { ...asset, source: "disk" };
      stored = after;
    }
    return describeAsset(key, stored);
  }

  /** A video that was seen finished is not asked about again for as long as this version of the file is there. */
  function withFreshness(asset: Asset): Asset | Promise<Asset> {
    if (asset.freshness !== "making") return asset;
    return then(look(finishedKey(videoIdOf(asset.key))), (sign) => {
      if (sign) asset.freshness = "finished";
      return asset;
    });
  }

  return {
    find: (key) =>
      then(look(key), (stored) => {
        if (!stored) return null;
        return then(contentOf(key, stored), (asset) => asset && withFreshness(asset));
      }),
  };
}

/** Goes on with a value now, or when it is there. */
function then<Value, Next>(value: Value | Promise<Value>, next: (value: Value) => Next | Promise<Next>) {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** @throws ServiceError `not_found` with the sentence `absent` */
export async function findAsset({ assets }: { assets: Assets }, key: string, absent: string): Promise<Asset> {
  const asset = await assets.find(key);
  if (!asset) throw new ServiceError("not_found", absent);
  return asset;
}
