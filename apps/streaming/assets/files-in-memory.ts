/**
 * Files that are asked for often, held in memory up to a bound, the least recently used going first. Nothing here decides
 * whether a file is still there: whoever asks has just looked, and names the version it saw; another version is not found.
 */
import type { StoredBlob } from "@video-backend/storage";
import { isOriginalKey } from "@video-backend/storage/layout";
import { LRUCache } from "lru-cache";
import { type Asset, describeAsset } from "./asset.ts";
import { encode, isCoded } from "./content-coding.ts";
import { isLasting } from "./freshness.ts";

export interface FilesInMemory {
  /** Null when this version is not held. The blob is shared by all answers: none of them copies it. */
  find(key: string, version: string): Asset | null;
  /** Whether a file that was just asked for is to be read before it is answered, beside that, or not at all. */
  wish(key: string, sizeBytes: number): "first" | "beside" | "no";
  /** Reads a file, once however many wait for it; null when it became another one meanwhile. */
  read(key: string, stored: StoredBlob): Promise<Asset | null>;
}

const kibibyte = 1024;
/** Up to here reading costs no more than opening a file to send it does. */
const smallBytes = 64 * kibibyte;
/** Of what changes under its name: it is read whole, so that header and content are of one version. */
const largestChangingBytes = 1024 * kibibyte;
const largestSegmentBytes = 8 * 1024 * kibibyte;
/**
 * Of the requests for a segment so many are followed by reading it. What thousands watch is held after a few of them, and
 * one viewer's way through a long video drives little of it out.
 */
const segmentShare = 1 / 8;
/** With two codings beside it, neither larger than the text. */
const codedWeight = 3;

/**
 * @param random 0 to 1, as Math.random
 */
export function createFilesInMemory(maxBytes: number, random: () => number): FilesInMemory {
  const held = new LRUCache<string, Asset>({
    maxSize: Math.max(1, maxBytes),
    sizeCalculation: ({ sizeBytes, coded }) => Math.max(1, sizeBytes) * (coded ? codedWeight : 1),
  });
  const reading = new Map<string, Promise<Asset | null>>();

  async function readNow(key: string, stored: StoredBlob): Promise<Asset | null> {
    const bytes = await stored.blob.bytes();
    if (bytes.length !== stored.sizeBytes) return null;
    const asset = describeAsset(key, stored, new Blob([bytes]));
    if (isCoded(asset.mediaType)) asset.coded = once((coding) => encode(bytes, coding));
    held.set(key, asset);
    return asset;
  }

  return {
    find(key, version) {
      const asset = held.get(key);
      return asset?.version === version ? asset : null;
    },
    wish(key, sizeBytes) {
      if (isOriginalKey(key) || sizeBytes * codedWeight > maxBytes) return "no";
      if (!isLasting(key)) return sizeBytes <= largestChangingBytes ? "first" : "no";
      if (sizeBytes <= smallBytes) return "first";
      return sizeBytes <= largestSegmentBytes && random() < segmentShare ? "beside" : "no";
    },
    read(key, stored) {
      const name = `${key} ${stored.version}`;
      const known = reading.get(name);
      if (known) return known;
      const mine = readNow(key, stored).finally(() => reading.delete(name));
      reading.set(name, mine);
      return mine;
    },
  };
}

function once<Name, Value>(make: (name: Name) => Value): (name: Name) => Value {
  const made = new Map<Name, Value>();
  return (name) => {
    const value = made.get(name) ?? make(name);
    made.set(name, value);
    return value;
  };
}
