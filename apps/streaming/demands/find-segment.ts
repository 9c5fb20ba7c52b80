/** A segment's file, made on demand where its playlist lists it before it exists. */
import { isServiceError, ServiceError } from "@video-backend/service";
import { parseStreamPath, playlistPath, streamKey } from "@video-backend/storage/layout";
import type { Asset } from "../assets/asset.ts";
import type { StreamingDeps } from "../deps.ts";

export interface SegmentPlace {
  id: string;
  quality: string;
  /** File name, checked by pattern. */
  segment: string;
}

/**
 * @throws ServiceError `not_found`: Segment not found; `unavailable` when it is not ready in time, or nobody can make it
 */
export async function findSegment(deps: StreamingDeps, { id, quality, segment }: SegmentPlace): Promise<Asset> {
  const path = `${quality}/${segment}`;
  const key = streamKey(id, path);
  const made = await deps.assets.find(key);
  if (made) return made;
  const index = demandedIndex(path);
  // A listed segment has its playlist beside it; whatever else is asked for makes nobody work.
  if (index === null || !(await deps.store.exists(streamKey(id, playlistPath(quality))))) throw segmentNotFound();
  // Made while that was looked up: nobody need be asked.
  const madeMeanwhile = await deps.assets.find(key);
  if (madeMeanwhile) return madeMeanwhile;
  try {
    await deps.demands.wait(id, quality, index);
  } catch (error) {
    if (isServiceError(error, "not_found")) throw segmentNotFound();
    throw error;
  }
  const found = await deps.assets.find(key);
  if (!found) throw segmentNotFound();
  return { ...found, source: "demanded" };
}

const segmentNotFound = () => new ServiceError("not_found", "Segment not found");

/** The index of a segment; an init segment comes with the first one. Null for anything else. */
function demandedIndex(path: string): number | null {
  const parsed = parseStreamPath(path);
  if (parsed?.kind === "init") return 0;
  return parsed?.kind === "segment" ? parsed.index : null;
}
