export { type BlobStore, checkedKey, InvalidKeyError, type StoredBlob } from "./blob-store.ts";
