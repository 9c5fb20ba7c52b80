/**
 * A file as a Blob that is read when somebody reads it, for runtimes whose own one is made asynchronously (Node) or holds the
 * whole file in memory (Deno). Bun has `Bun.file`.
 */
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { arrayBuffer } from "node:stream/consumers";

export class FileBlob extends Blob {
  readonly #path: string;
  /** The first byte, and the one after the last. */
  readonly #start: number;
  readonly #end: number;

  constructor(path: string, start: number, end: number, type = "") {
    super([], { type });
    this.#path = path;
    this.#start = start;
    this.#end = end;
    Object.defineProperty(this, "size", { value: end - start });
  }

  override slice(start = 0, end = this.size, type = ""): Blob {
    const from = Math.min(start < 0 ? Math.max(this.size + start, 0) : start, this.size);
    const to = Math.min(end < 0 ? Math.max(this.size + end, 0) : end, this.size);
    return new FileBlob(this.#path, this.#start + from, this.#start + Math.max(from, to), type);
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return Readable.toWeb(this.#read()) as unknown as ReadableStream<Uint8Array<ArrayBuffer>>;
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return arrayBuffer(this.#read());
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  #read(): Readable {
    if (this.size === 0) return Readable.from([]);
    return createReadStream(this.#path, { start: this.#start, end: this.#end - 1 });
  }
}
