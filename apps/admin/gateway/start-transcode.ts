/** Starts the transcoding of a video that is known by its hash alone. */
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";

/**
 * @param networkSpeed Mbit/s; transcoding's own default without it
 * @throws ServiceError `not_found`: Video not found, Source file not found; `unavailable`
 */
export async function startTranscode({ services }: AdminDeps, hash: string, networkSpeed: number | undefined) {
  const { filename } = await parseResponse(services.metadata.client.videos[":hash"].$get({ param: { hash } }));
  const json = {
    upload_id: hash,
    filename,
    ...(networkSpeed === undefined ? {} : { network_speed: networkSpeed }),
  };
  return parseResponse(services.transcoding.client.transcode.start.$post({ json }));
}
