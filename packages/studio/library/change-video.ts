/** What may be done to a video from any page. Each answers when the server has done it, and rejects with a Refusal. */
import { ask, sending } from "../shell/ask.ts";
import type { Video } from "./video.ts";

export const stopVideo = (id: string) => ask(`/admin/videos/${id}/stop`, { method: "POST" });

export const resumeVideo = (id: string) => ask(`/admin/videos/${id}/resume`, { method: "POST" });

export const changeVideo = (id: string, changes: Partial<Pick<Video, "title" | "description" | "visibility">>) =>
  ask(`/videos/${id}`, sending("PUT", changes));

/** Answers what is left, a sentence each; nothing where all is gone. */
export async function deleteVideo(id: string): Promise<string[]> {
  const { errors = [] } = await ask<{ errors?: string[] }>(`/admin/videos/${id}`, { method: "DELETE" });
  return errors;
}

/** @param picture a JPEG, PNG or WebP */
export function replacePoster(id: string, picture: Blob) {
  const body = new FormData();
  body.append("file", picture, "poster");
  return ask(`/thumbnail/${id}`, { method: "POST", body });
}
