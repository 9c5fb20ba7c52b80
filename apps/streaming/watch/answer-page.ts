/** The headers of a page, and the page that an error becomes for those who read pages. */
import { isServiceError, type ServiceContext } from "@video-backend/service";
import { accepts } from "hono/accepts";
import type { html } from "hono/html";
import { sentencePage } from "./watch-page.ts";

/**
 * Scripts come from here alone; `blob:` is what hls.js plays from, `data:` the empty track that it adds subtitles to. Styles may stand in the page, because media-chrome's
 * elements bring theirs as <style>. Nothing is said of who may put the page into a frame: anyone may.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "media-src 'self' blob: data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

type PageStatus = 200 | 403 | 404 | 503;

/** A page differs by what the browser wants of it, and by the title and the poster of the hour. */
export async function answerPage(c: ServiceContext, page: ReturnType<typeof html>, status: PageStatus = 200) {
  return c.body((await page).toString(), status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": contentSecurityPolicy,
    "x-content-type-options": "nosniff",
    // The address may hold a token.
    "referrer-policy": "same-origin",
    // Never for a cache that many share: what a page says may be for the holder of a token alone.
    "cache-control": "private, no-cache",
    vary: "Accept, Sec-Fetch-Dest",
  });
}

const sentences: Record<string, { status: PageStatus; heading: string; sentence: string }> = {
  not_found: {
    status: 404,
    heading: "There is no such video",
    sentence: "It may have been removed, or the link is not whole.",
  },
  invalid_path: { status: 404, heading: "There is no such video", sentence: "The link is not whole." },
  forbidden: {
    status: 403,
    heading: "This video is private",
    sentence: "The link to it is not whole, or it has expired.",
  },
  unavailable: {
    status: 503,
    heading: "Not now",
    sentence: "The video cannot be looked up at the moment. Try again soon.",
  },
};

/**
 * The error as a page, where the request asks for HTML and there is a sentence for it.
 *
 * @throws the error itself else, which becomes the problem it is
 */
export async function answerErrorPage(c: ServiceContext, error: unknown, style: () => Promise<string>) {
  const known = isServiceError(error) ? sentences[error.code] : undefined;
  if (!known || !wantsHtml(c)) throw error;
  return answerPage(c, sentencePage(known.heading, known.sentence, await style()), known.status);
}

const wantsHtml = (c: ServiceContext): boolean =>
  accepts(c, {
    header: "Accept",
    supports: ["application/json", "application/problem+json", "text/html"],
    default: "application/json",
  }) === "text/html";
