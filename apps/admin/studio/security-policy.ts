/** What the pages may load and do: their own scripts, and pictures and streams of the streaming service. Nothing else. */

/**
 * The value of Content-Security-Policy. Styles may be inline, since the player's controls bring theirs so; scripts may not.
 * Of media, `blob:` is what hls.js plays from, and `data:` the empty track that it adds subtitles to.
 *
 * @param streaming the origin of the streaming service
 */
export function securityPolicy(streaming: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    // The font is within the style sheet.
    "font-src data:",
    `img-src 'self' data: blob: ${streaming}`,
    `media-src 'self' blob: data: ${streaming}`,
    `connect-src 'self' ${streaming}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
