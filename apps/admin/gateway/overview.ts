/** The overview's contract bound: all of it is passed on. */
import { createRouter } from "@video-backend/service";
import type { AdminDeps } from "../deps.ts";
import { forward } from "./forward.ts";
import { forwardFeed } from "./forward-feed.ts";
import * as contract from "./overview-contract.ts";

/** Comes before the routes that take a hash, since `events` is none. */
export function createOverviewRoutes({ services: { metadata, transcoding } }: AdminDeps) {
  return createRouter()
    .openapi(contract.watchVideos, (c) => forwardFeed(c, metadata, "/videos/events"))
    .openapi(contract.watchTranscodes, (c) => forwardFeed(c, transcoding, "/transcode/events"))
    .openapi(contract.listEncoders, (c) => forward(c, transcoding, "/transcode/encoders"))
    .openapi(contract.describeQueue, (c) => forward(c, transcoding, "/transcode/queue"))
    .openapi(contract.listFaults, (c) => forward(c, transcoding, "/transcode/faults"))
    .openapi(contract.mapSegments, (c) => forward(c, transcoding, `/transcode/${c.req.valid("param").hash}/segments`))
    .openapi(contract.measureBitrates, (c) =>
      forward(c, transcoding, `/transcode/${c.req.valid("param").hash}/bitrates`),
    )
    .openapi(contract.listAttempts, (c) => forward(c, transcoding, `/transcode/${c.req.valid("param").hash}/attempts`));
}
