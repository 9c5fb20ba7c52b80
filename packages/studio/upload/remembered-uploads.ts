/** Uploads that are under way, kept in the browser's own database, so that a reload or a crash costs no byte. */
import { createStore, del, set, values } from "idb-keyval";
import type { RememberedUpload } from "./upload.ts";

export interface RememberedUploads {
  all(): Promise<RememberedUpload[]>;
  keep(upload: RememberedUpload): Promise<void>;
  forget(videoId: string): Promise<void>;
}

/** Where the browser keeps nothing (a private window), nothing is remembered, and uploads work all the same. */
export function createRememberedUploads(): RememberedUploads {
  let store: ReturnType<typeof createStore> | undefined;
  const open = () => {
    store ??= createStore("video-backend-studio", "uploads");
    return store;
  };
  return {
    all: () => quietly(() => values<RememberedUpload>(open()), []),
    keep: (upload) => quietly(() => set(upload.videoId, upload, open()), undefined),
    forget: (videoId) => quietly(() => del(videoId, open()), undefined),
  };
}

async function quietly<Value>(work: () => Promise<Value>, otherwise: Value): Promise<Value> {
  try {
    return await work();
  } catch {
    return otherwise;
  }
}
