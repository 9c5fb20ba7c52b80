/** HTML by which somebody puts a video into a page of their own. */

/** @param address of the page with nothing but a player */
export function embedCode(address: string, title: string): string {
  const allow = "autoplay; fullscreen; picture-in-picture";
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="640" height="360" allow="${allow}" style="border:0"></iframe>`;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
