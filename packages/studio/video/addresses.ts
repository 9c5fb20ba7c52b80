/** Where players find what is made of a video: at the streaming service, which answers any page. */
import { settings } from "../shell/settings.ts";

const base = (): string => settings.addresses.streaming;

export const masterOf = (id: string): string => `${base()}/stream/${id}/master.m3u8`;
export const storyboardOf = (id: string): string => `${base()}/stream/${id}/storyboard/storyboard.vtt`;
export const originalOf = (id: string): string => `${base()}/stream/${id}/original?download=1`;
export const watchPageOf = (id: string): string => `${base()}/watch/${id}`;

/** HTML for somebody's own page. */
export function embedCodeOf(id: string, title: string): string {
  const escaped = title.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<iframe src="${watchPageOf(id)}" title="${escaped}" width="640" height="360" allow="autoplay; fullscreen; picture-in-picture" style="border:0"></iframe>`;
}
