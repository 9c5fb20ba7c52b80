/** What the server tells the pages about itself. */

export const serviceNames = ["upload", "transcoding", "metadata", "streaming", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface StudioSettings {
  /** Where browsers reach each service, without a slash at the end, as far as the server can see. */
  addresses: Record<ServiceName, string>;
  /** From this page to the root of the server, such as `../../`: a proxy may have put it below another path. */
  root?: string;
  /** Whether a key is needed; then everything goes through the page's own address, where its session counts. */
  auth?: "open" | "keys";
  /** Whether the address of streaming was configured, and is so however the page was reached. */
  streamingIsConfigured?: boolean;
}

/** Read from the document; the server writes it there. */
export const settings: StudioSettings = JSON.parse(
  globalThis.document?.getElementById("settings")?.textContent ?? "{}",
);

/** The path below which the server is for this browser, without a slash at the end; empty without a proxy's prefix. */
const prefix = new URL(settings.root ?? "/", globalThis.document?.baseURI ?? "http://localhost").pathname.slice(0, -1);

/** @param path as the server has it, with a slash at the start */
export const here = (path: string): string => prefix + path;

/** A path of the address bar, as the server has it. */
export const withoutPrefix = (path: string): string => (path.startsWith(prefix) ? path.slice(prefix.length) : path);

/**
 * Where streaming is, without a slash at the end. Behind a proxy, whose address is not the one the server sees, the only
 * address known to lead there is the page's own.
 */
export function streamingAddress(): string {
  const { addresses, streamingIsConfigured = false } = settings;
  const { origin } = globalThis.location;
  const isDirect = prefix === "" && origin === addresses.admin && settings.auth !== "keys";
  return isDirect || streamingIsConfigured ? addresses.streaming : origin + prefix;
}

/** Where the original of a video is downloaded, which may need the session. */
export const downloadAddress = (): string =>
  settings.auth === "keys" ? globalThis.location.origin + prefix : streamingAddress();
