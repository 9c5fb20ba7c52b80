/**
 * The one HTML document that all pages of the studio are: everything in it is known to the server, and the rest is script.
 * Nothing in it is inline script, so that a strict content security policy holds.
 */
import type { StudioSettings } from "./shell/settings.ts";
import { texts } from "./texts.ts";

export type { StudioSettings } from "./shell/settings.ts";

export interface PageParts {
  /** Addresses of what the bundler made. */
  script: string;
  style: string;
  settings: StudioSettings;
  /** What the reader chose; without it the system's choice counts. */
  theme: "light" | "dark" | null;
}

/** The document. */
export function renderPage({ script, style, settings, theme }: PageParts): string {
  // `<` cannot end the element from within a string of JSON.
  const json = JSON.stringify(settings).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en"${theme ? ` data-theme="${theme}"` : ""}>
<head>
<meta charset="utf-8">
<title>${texts.name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${theme ?? "light dark"}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style}">
<script type="module" src="${script}"></script>
<script type="application/json" id="settings">${json}</script>
</head>
<body>
<noscript><p class="noscript">${texts.needsScript}</p></noscript>
<div id="studio"></div>
</body>
</html>
`;
}
