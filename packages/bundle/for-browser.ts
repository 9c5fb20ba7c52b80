/**
 * Makes a bundle with Bun's bundler: for the entries and all they import, minified, split where they import dynamically. For
 * a player that takes a third of a second, and 100 MB for that moment; so a bundle is made when it is first asked for and
 * kept, and a process that nobody asks never pays.
 */
import { basename, extname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { ServiceError } from "@video-backend/service";
import type { Bundle, BundledFile } from "./bundle.ts";

const mediaTypes: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The last level before brotli becomes twenty times slower for a twelfth of the size. */
const brotliQuality = 9;

/**
 * A function that makes the bundle at its first call and answers that one from then on; after a failure the next call tries
 * again.
 *
 * @param entries absolute paths of TypeScript and CSS files, with base names that differ
 * @throws AggregateError with each thing the bundler could not do
 */
export function bundleForBrowser(entries: string[]): () => Promise<Bundle> {
  let made: Promise<Bundle> | undefined;
  return () => {
    made ??= make(entries).catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function make(entrypoints: string[]): Promise<Bundle> {
  if (process.versions.bun === undefined) {
    throw new ServiceError("not_implemented", "Pages are bundled by Bun; under this runtime the service has none");
  }
  const { outputs } = await Bun.build({
    entrypoints,
    target: "browser",
    minify: true,
    splitting: true,
    naming: "[name]-[hash].[ext]",
  });
  const files = await Promise.all(
    outputs.map(async (output) => compress(basename(output.path), new Uint8Array(await output.arrayBuffer()))),
  );
  const names = new Map(files.map(({ name }) => [name.replace(/-[^-]+(\.\w+)$/, "$1"), name]));
  return {
    files: new Map(files.map((file) => [file.name, file])),
    nameOf(entry) {
      const name = names.get(entry);
      if (name === undefined) throw new Error(`The bundle has no ${entry}; it has ${[...names.keys()].join(", ")}`);
      return name;
    },
  };
}

async function compress(name: string, content: Uint8Array<ArrayBuffer>): Promise<BundledFile> {
  const [zipped, brotli] = await Promise.all([
    promisify(gzip)(content, { level: 9 }),
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: brotliQuality } }),
  ]);
  return {
    name,
    mediaType: mediaTypes[extname(name)] ?? "application/octet-stream",
    bodies: { identity: content, gzip: zipped, br: brotli },
  };
}
