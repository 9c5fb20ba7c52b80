/**
 * Whole addresses, for those who read a page elsewhere: social networks, and pages that embed. Within the page itself all
 * addresses are relative, so that it works below any prefix.
 */
import { requestedOrigin, type ServiceContext } from "@video-backend/service";
import { isVideoId, posterFile } from "@video-backend/storage/layout";
import type { StreamingDeps } from "../deps.ts";
import { playbackPath } from "./playback-path.ts";

/** Addresses of this service without a slash at the end. */
export interface Bases {
  /** For the world: the setting, else where the request found it. */
  public: string;
  requested: string;
}

export function basesOf(
  { publicUrl, proxies }: Pick<StreamingDeps, "publicUrl" | "proxies">,
  c: ServiceContext,
): Bases {
  const requested = requestedOrigin(c, proxies ?? nobody);
  return { public: publicUrl ?? requested, requested };
}

const nobody = { check: () => false };

/** A video, and by what token it is asked for. */
export interface Watched {
  videoId: string;
  token: string | undefined;
}

export interface Addresses {
  page: string;
  /** The page for a frame: the picture alone. */
  frame: string;
  oembed: string;
  poster: string;
}

/** @param base the public one */
export function addressesOf(base: string, { videoId, token }: Watched): Addresses {
  const withToken = (query: Record<string, string>) => {
    const search = new URLSearchParams({ ...query, ...(token === undefined ? {} : { token }) }).toString();
    return search ? `?${search}` : "";
  };
  const page = `${base}/watch/${videoId}${withToken({})}`;
  return {
    page,
    frame: `${base}/watch/${videoId}${withToken({ embed: "1" })}`,
    oembed: `${base}/oembed?${new URLSearchParams({ url: page, format: "json" })}`,
    poster: `${base}/${playbackPath(videoId, token)}/${posterFile}`,
  };
}

/** What the address of a watch page of ours asks for, or null for any other address. */
export function watchedIn(address: string, bases: string[]): Watched | null {
  if (!URL.canParse(address)) return null;
  const { origin, pathname, searchParams } = new URL(address);
  for (const base of bases) {
    const start = new URL(`${base}/watch/`);
    if (start.origin !== origin || !pathname.startsWith(start.pathname)) continue;
    const videoId = pathname.slice(start.pathname.length).replace(/\/$/, "");
    if (isVideoId(videoId)) return { videoId, token: searchParams.get("token") ?? undefined };
  }
  return null;
}
