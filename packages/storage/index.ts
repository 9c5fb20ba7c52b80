export type { BlobStore, StoredBlob } from "./blob-store.ts";
export { checkedKey, InvalidKeyError } from "./layout.ts";
