/** What the server tells the pages about itself. */

export const serviceNames = ["upload", "transcoding", "metadata", "streaming", "admin"] as const;
export type ServiceName = (typeof serviceNames)[number];

export interface StudioSettings {
  /** Where browsers reach each service, without a slash at the end. */
  addresses: Record<ServiceName, string>;
}

/** Read from the document; the server writes it there. */
export const settings: StudioSettings = JSON.parse(document.getElementById("settings")?.textContent ?? "{}");
