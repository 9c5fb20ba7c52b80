/**
 * Real files for tests, from a folder of media beside the repository. The only place that knows the folder: `.ci/run` finds
 * the tests that want real files by their import of this module, and runs them a second time where the folder is there.
 */
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clip, makeClip } from "./clip.ts";

/** It may be missing: tests that cannot do without it are skipped then. */
export const mediaFolder = join(import.meta.dirname, "..", "..", "..", "shared", "media");

/** The real file of this name, copied to `target`; where it is not there, a generated clip of the same kind. */
export async function source(name: string, target: string, otherwise: Clip): Promise<string> {
  const real = join(mediaFolder, name);
  if (!existsSync(real)) return makeClip(target, otherwise);
  await copyFile(real, target);
  return target;
}
