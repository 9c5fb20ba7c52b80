/**
 * The upload service: takes files in chunks, keeps the originals, and hands each finished one over to metadata and
 * transcoding. It works without either; what they miss they are told when they are back.
 */
import { createExclusion, createService, type ServiceApp } from "@video-backend/service";
import { createRoom } from "./admission/room.ts";
import { prepareChunkRows } from "./chunks/rows.ts";
import { createGroupCommit } from "./database/group-commit.ts";
import type { UploadDeps, UploadParts } from "./deps.ts";
import { createRoutes } from "./routes.ts";

/** The parts, and what this process keeps of its own about who does what. */
export function withState(parts: UploadParts): UploadDeps {
  return {
    ...parts,
    rows: prepareChunkRows(parts.database),
    commit: createGroupCommit(parts.database),
    room: createRoom(parts),
    work: createExclusion(),
    turns: createExclusion(),
  };
}

/** A portable `fetch` over these dependencies. The background loops are the caller's to run. */
export function createUploadService(deps: UploadDeps): ServiceApp {
  return createService(
    {
      name: "upload_service",
      title: "Upload service",
      description: "Takes files in chunks or by tus, keeps the originals and has them transcoded.",
      log: deps.log,
      crossOrigin: deps.crossOrigin,
      database: deps.database,
      checks: { storage: () => deps.store.check() },
    },
    createRoutes(deps),
  );
}
