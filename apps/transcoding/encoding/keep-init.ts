/**
 * Puts an init segment in place. Runs of one encoder make the same bytes, so the first is kept and its name is known before
 * it is made; should one differ all the same, it gets a name of its own and the playlist a second EXT-X-MAP.
 */
import type { BlobStore } from "@video-backend/storage";
import { initFile } from "@video-backend/storage/layout";

/**
 * @param folder key of the rendition's folder
 * @returns the file's name
 */
export async function keepInit(store: BlobStore, folder: string, encoder: string, bytes: ArrayBuffer): Promise<string> {
  const name = initFile(encoder);
  const kept = await store.open(`${folder}/${name}`);
  if (!kept) {
    await store.put(`${folder}/${name}`, new Uint8Array(bytes));
    return name;
  }
  const digest = await digestOf(bytes);
  if ((await digestOf(await kept.blob.arrayBuffer())) === digest) return name;
  const other = initFile(`${encoder}-${digest.slice(0, 8)}`);
  await store.put(`${folder}/${other}`, new Uint8Array(bytes));
  return other;
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
