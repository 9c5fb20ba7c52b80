/** Which init segment goes with what is not made yet. All names of files are in the layout of the storage. */
import { initFile } from "@video-backend/storage/layout";
import type { Rendition } from "../plan.ts";

/**
 * The init segment that goes with what is not made yet.
 *
 * @param encoder name of the video encoder
 */
export const nextInitFile = ({ kind }: Rendition, encoder: string): string =>
  initFile(kind === "audio" ? "aac" : encoder);
