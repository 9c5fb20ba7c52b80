/** The verbs on captions. Transcoding follows the feed of changes and publishes them as subtitle renditions. */
import { ServiceError } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import { findVideo, videoNotFound } from "../videos/find-video.ts";
import type { Captions, CaptionsOfVideo } from "./contract.ts";
import { normaliseCaptions } from "./normalise-captions.ts";
import type { CaptionsRecord } from "./store.ts";

type Deps = Pick<MetadataDeps, "videos" | "captions">;

/**
 * Of one video, by language.
 *
 * @throws ServiceError `not_found`: Video not found
 */
export async function listCaptions(deps: Deps, hash: string): Promise<Captions[]> {
  await findVideo(deps, hash);
  return (await deps.captions.list(hash)).map(presentCaptions);
}

/** Of all videos, for a follower of the feed that was disconnected. */
export async function listAllCaptions({ captions }: Pick<MetadataDeps, "captions">): Promise<CaptionsOfVideo[]> {
  return (await captions.list()).map((record) => ({ hash: record.hash, ...presentCaptions(record) }));
}

/**
 * The WebVTT.
 *
 * @throws ServiceError `not_found`: Video not found, Captions not found
 */
export async function readCaptions(deps: Deps, hash: string, lang: string): Promise<string> {
  const webvtt = await deps.captions.findText(hash, lang);
  if (webvtt === null) throw await captionsNotFound(deps, hash, lang);
  return webvtt;
}

export interface NewCaptions {
  hash: string;
  lang: string;
  /** Null for the name of the language. */
  label: string | null;
  /** WebVTT or SubRip. */
  bytes: Uint8Array;
}

/**
 * Adds captions in a language, or replaces them. Saving the same again changes nothing and adds nothing to the feed.
 *
 * @throws ServiceError `not_found`: Video not found; `invalid_request` with the line that cannot be parsed
 */
export async function saveCaptions(deps: Deps, { hash, lang, label, bytes }: NewCaptions): Promise<Captions> {
  await findVideo(deps, hash);
  const saved = await deps.captions.save({ hash, lang, label, webvtt: normaliseCaptions(bytes) });
  // Deleted in the meantime.
  if (!saved) throw await videoNotFound(deps, hash);
  return presentCaptions(saved);
}

/** @throws ServiceError `not_found`: Video not found, Captions not found */
export async function deleteCaptions(deps: Deps, hash: string, lang: string): Promise<void> {
  if (!(await deps.captions.delete(hash, lang))) throw await captionsNotFound(deps, hash, lang);
}

/** @throws ServiceError `not_found` if the video itself does not exist */
async function captionsNotFound(deps: Deps, hash: string, lang: string): Promise<ServiceError> {
  await findVideo(deps, hash);
  return new ServiceError("not_found", "Captions not found", { details: { hash, lang } });
}

/** A record as the contract shows it. */
export function presentCaptions({ lang, label, bytes, updatedAt }: CaptionsRecord): Captions {
  return { lang, label, bytes, updated_at: updatedAt };
}
