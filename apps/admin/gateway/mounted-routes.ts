/**
 * The routes of the other services that clients reach under this address: which, and where. Their declarations are the other
 * services' own contracts. What is not listed is for services alone, or has an answer of its own here, see `contract.ts`.
 */
import type { RouteConfig } from "@hono/zod-openapi";
import * as metadata from "@video-backend/metadata/contract";
import * as streaming from "@video-backend/streaming/contract";
import * as transcoding from "@video-backend/transcoding/contract";
import * as upload from "@video-backend/upload/contract";
import type { OtherServices } from "../services/connect-services.ts";

export interface MountedRoute {
  /** As its service declares it. */
  route: RouteConfig;
  /** Its path here, where that is another one; it has the same parameters. */
  path?: string;
  /** Its name in the document, where the route is there more than once. */
  operationId?: string;
}

const each = (...routes: RouteConfig[]): MountedRoute[] => routes.map((route) => ({ route }));

export const mountedRoutes: Record<keyof OtherServices, MountedRoute[]> = {
  metadata: each(
    metadata.watchVideos,
    metadata.getVideo,
    metadata.createPlaybackToken,
    metadata.listCaptions,
    metadata.getCaptions,
    metadata.saveCaptions,
    metadata.deleteCaptions,
    metadata.createKey,
    metadata.listKeys,
    metadata.revokeKey,
    metadata.createWebhook,
    metadata.listWebhooks,
    metadata.deleteWebhook,
    metadata.listDeliveries,
    metadata.resendDelivery,
  ),
  upload: [
    ...each(upload.inspectStorage, upload.cleanStorage, upload.initUpload, upload.uploadFromUrl, upload.putChunk),
    ...each(upload.chunkForm, upload.completeUpload, upload.getUpload, upload.deleteUpload),
    ...each(upload.createUploadToken, upload.revokeUploadToken),
    { route: upload.measureSpeed, path: "/speedtest" },
  ],
  transcoding: each(
    transcoding.watchTranscodes,
    transcoding.listEncoders,
    transcoding.describeQueue,
    transcoding.listFaults,
    transcoding.mapSegments,
    transcoding.measureBitrates,
    transcoding.listAttempts,
  ),
  streaming: [
    { route: streaming.getAsset, path: "/video/{id}/{asset_path}", operationId: "getVideoFile" },
    // Streaming under its own paths, for browsers that reach nothing but this address: all that it links to is relative.
    ...each(
      streaming.getMaster,
      streaming.getOriginal,
      streaming.listQualities,
      streaming.getPlaylist,
      streaming.getSegment,
      streaming.getAsset,
      streaming.playByToken,
      streaming.getWatchPage,
      streaming.getOembed,
    ),
  ],
};

/** Silent for longer than a server lets a connection be: an address is asked first, a large file is put together. */
export const slowRoutes: readonly (string | undefined)[] = [
  upload.uploadFromUrl.operationId,
  upload.completeUpload.operationId,
];

/** By which name the document groups the routes of a service. */
export const serviceTags: Record<keyof OtherServices, string> = {
  metadata: "Metadata",
  upload: "Upload",
  transcoding: "Transcoding",
  streaming: "Streaming",
};
