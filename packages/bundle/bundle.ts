/**
 * A bundle: scripts and styles as a browser is sent them, held in memory. A file's name has a hash of its content in it, so
 * that it may be kept for ever, and so that several processes, each with a bundle of its own, give the same files.
 */

export interface Bundle {
  /** By name, such as `page-1x2y3z4a.js`: the entries and the chunks that these load. */
  files: ReadonlyMap<string, BundledFile>;
  /**
   * The name of what was made of an entry.
   *
   * @param entry its base name as it comes out, such as `page.js` for `page.ts`
   * @throws Error where there is no such entry
   */
  nameOf(entry: string): string;
}

export interface BundledFile {
  name: string;
  mediaType: string;
  /** The same content in each encoding of HTTP, RFC 9110 section 8.4.1. */
  bodies: Record<Encoding, Uint8Array<ArrayBuffer>>;
}

export type Encoding = "identity" | "gzip" | "br";
