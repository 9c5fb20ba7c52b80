/** Where the reader's browser reaches the services: it is on another machine than we are, maybe, and behind another name. */
import type { StudioSettings } from "@video-backend/studio/page";
import type { OtherServices } from "../services/connect-services.ts";

/**
 * Each service at its own port of the host by which the page itself was reached. That is true on one machine, in the
 * compose file and over a network; behind a proxy it is not, and streaming's address is told by configuration. Where keys
 * are needed it is the page's own address, where its session counts, for all of them.
 */
export function addressesFor(
  page: URL,
  services: OtherServices,
  publicStreamingUrl: string | undefined,
  auth: "open" | "keys",
): StudioSettings["addresses"] {
  const here = (url: string) => {
    if (auth === "keys") return page.origin;
    const address = new URL(page.origin);
    address.port = new URL(url).port;
    return address.origin;
  };
  return {
    upload: here(services.upload.url),
    transcoding: here(services.transcoding.url),
    metadata: here(services.metadata.url),
    streaming: publicStreamingUrl ?? here(services.streaming.url),
    admin: page.origin,
  };
}
