/**
 * The watch page and the page that says why there is none, as HTML. Titles, descriptions and names come from people: all
 * that is put into a template here is escaped by it. The script is the bundle's; there is none in the page.
 */
import { masterFile, posterFile, storyboardFile } from "@video-backend/storage/layout";
import { html } from "hono/html";
import type { Addresses } from "./addresses.ts";
import type { WatchedVideo } from "./describe-video.ts";
import { playbackPath } from "./playback-path.ts";

export interface WatchPageOptions {
  addresses: Addresses;
  /** File names in the bundle. */
  script: string;
  style: string;
  token?: string | undefined;
  /** In a frame of another page: the picture alone. */
  framed: boolean;
  autoplay: boolean;
  muted: boolean;
  startSeconds: number;
}

type Page = ReturnType<typeof html>;

/** The page with the player. */
export function watchPage(video: WatchedVideo, options: WatchPageOptions): Page {
  const { title, description, size } = video;
  const { framed, script, style } = options;
  const about = html`<div class="about">
    ${title && html`<h1>${title}</h1>`} ${description && html`<p class="description">${description}</p>`}
  </div>`;
  return html`<!doctype html>
<html lang="en" style="--width: ${size.width}; --height: ${size.height}">
  <head>
    ${commonHead(title ?? "Video", style)}
    <script type="module" src="assets/${script}"></script>
    ${cards(video, options)}
  </head>
  <body class="${framed ? "framed" : ""}">
    <main>
      <div class="stage">${player(video, options)}</div>
      <noscript><p class="about">Playing a video here needs JavaScript.</p></noscript>
      ${framed ? "" : about}
    </main>
  </body>
</html>`;
}

function player({ videoId, title, size, poster }: WatchedVideo, options: WatchPageOptions): Page {
  const files = `../${playbackPath(videoId, options.token)}`;
  const flags = (["framed", "autoplay", "muted"] as const).filter((name) => options[name]).join(" ");
  return html`<video-backend-player src="${files}/${masterFile}" storyboard="${files}/${storyboardFile}"
    poster="${poster ? `${files}/${posterFile}` : ""}" video-title="${title ?? ""}" start="${options.startSeconds}" page-keys ${flags}
    style="aspect-ratio: ${size.width} / ${size.height}"></video-backend-player>`;
}

/** Open Graph (ogp.me), Twitter's player card, and where oEmbed is answered (oembed.com, section 4). */
function cards({ title, description, size, poster }: WatchedVideo, { addresses }: WatchPageOptions): Page {
  const name = title ?? "Video";
  return html`<link rel="canonical" href="${addresses.page}">
    <link rel="alternate" type="application/json+oembed" href="${addresses.oembed}" title="${name}">
    <meta property="og:type" content="video.other">
    <meta property="og:title" content="${name}">
    <meta property="og:url" content="${addresses.page}">
    <meta property="og:video" content="${addresses.frame}">
    <meta property="og:video:type" content="text/html">
    <meta property="og:video:width" content="${size.width}">
    <meta property="og:video:height" content="${size.height}">
    <meta name="twitter:card" content="player">
    <meta name="twitter:title" content="${name}">
    <meta name="twitter:player" content="${addresses.frame}">
    <meta name="twitter:player:width" content="${size.width}">
    <meta name="twitter:player:height" content="${size.height}">
    ${
      description &&
      html`<meta name="description" content="${description}">
    <meta property="og:description" content="${description}">
    <meta name="twitter:description" content="${description}">`
    }
    ${
      poster &&
      html`<meta property="og:image" content="${addresses.poster}">
    <meta property="og:image:width" content="${poster.width}">
    <meta property="og:image:height" content="${poster.height}">
    <meta name="twitter:image" content="${addresses.poster}">`
    }`;
}

/** The page that says in a sentence why there is no video. */
export function sentencePage(heading: string, sentence: string, style: string): Page {
  return html`<!doctype html>
<html lang="en">
  <head>
    ${commonHead(heading, style)}
    <meta name="robots" content="noindex">
  </head>
  <body>
    <main class="sentence">
      <h1>${heading}</h1>
      <p>${sentence}</p>
    </main>
  </body>
</html>`;
}

const commonHead = (title: string, style: string): Page => html`<meta charset="utf-8">
    <title>${title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="theme-color" content="#101012">
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="assets/${style}">`;
