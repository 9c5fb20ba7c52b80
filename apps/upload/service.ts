/**
 * The upload service: receives files in chunks, stores the originals, and hands each finished one over to metadata and
 * transcoding. It works without either; they receive what they missed when they are back.
 */
import {
  createExclusion,
  createMetrics,
  createService,
  type Metrics,
  notLimited,
  readDisk,
  type ServiceApp,
  uploadScopeOrToken,
} from "@video-backend/service";
import { createRoom } from "./admission/room.ts";
import type { UploadDeps, UploadParts } from "./deps.ts";
import { createRoutes } from "./routes.ts";
import { createTokenVerifier } from "./tokens/tokens.ts";
import { tusPath } from "./tus/answer-tus.ts";

/** The parts, and the coordination within this process. */
export function withState<Parts extends UploadParts>(parts: Parts): Parts & UploadDeps {
  return { ...parts, room: createRoom(parts), active: createExclusion(), locks: createExclusion() };
}

/** A portable `fetch` over these dependencies. The background loops are the caller's to run. */
export function createUploadService(deps: UploadDeps): ServiceApp {
  const metrics = deps.metrics ?? createMetrics();
  measureUploads(metrics, deps);
  return createService(
    {
      name: "upload_service",
      title: "Upload service",
      description: "Receives files in chunks, by tus or from a URL, stores the originals and starts their transcoding.",
      log: deps.log,
      metrics,
      callees: deps.callees,
      crossOrigin: deps.crossOrigin,
      keys: deps.keys,
      limits: deps.rateLimits,
      uploadTokens: createTokenVerifier(deps),
      database: deps.database,
      accessRules: [{ path: `${tusPath}/*`, ...uploadScopeOrToken, ...notLimited }],
      checks: { storage: () => deps.store.check() },
    },
    createRoutes(deps),
  );
}

function measureUploads(
  metrics: Metrics,
  { uploads, room, disk }: Pick<UploadDeps, "uploads" | "room" | "disk">,
): void {
  metrics.read(
    {
      name: "video_uploaded_bytes_total",
      help: "Bytes of sources that were received, whatever became of them",
      type: "counter",
    },
    () => [{ value: room.receivedBytes() }],
  );
  metrics.read(
    { name: "video_open_uploads", help: "Uploads that are started and not complete", type: "gauge" },
    async () => [{ value: await uploads.countOpen() }],
  );
  readDisk(metrics, disk);
}
