/** Where players find what is made of a video: at the streaming service, which answers any page. */
import { masterFile, storyboardFile } from "@video-backend/storage/layout";
import { downloadAddress, streamingAddress as streaming } from "../shell/settings.ts";

/** Below here lie all files of a public video. */
export const publicBase = (id: string, at = streaming()): string => `${at}/stream/${id}`;

/** The same for whoever has this token, until it expires. */
export const tokenBase = (id: string, token: string, at = streaming()): string => `${at}/play/${token}/${id}`;

export const masterIn = (base: string): string => `${base}/${masterFile}`;
export const storyboardIn = (base: string): string => `${base}/${storyboardFile}`;

/** @param token for a private video */
export function originalOf(id: string, token: string | undefined): string {
  const at = downloadAddress();
  return `${token === undefined ? publicBase(id, at) : tokenBase(id, token, at)}/original?download=1`;
}

/**
 * A page with a player and little else.
 *
 * @param query `embed` for a frame: the picture alone; `token` for a private video
 */
export function watchPageOf(id: string, query: { embed?: "1"; token?: string }): string {
  const search = new URLSearchParams(query).toString();
  return `${streaming()}/watch/${id}${search ? `?${search}` : ""}`;
}
