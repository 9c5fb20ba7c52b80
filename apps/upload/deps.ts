/** What verbs are given: the lowest layer of this service. Types only; it imports no verb and no route. */
import type { MetadataClient } from "@video-backend/metadata/client";
import type { CrossOriginRules, Exclusion, Log } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { copyRange } from "@video-backend/storage/copy-range";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import type { Limits } from "./admission/admit.ts";
import type { Proxies } from "./admission/client-of.ts";
import type { Disk, Room } from "./admission/room.ts";
import type { ChunkRows } from "./chunks/rows.ts";
import type { GroupCommit } from "./database/group-commit.ts";
import type { UploadDatabase } from "./database/open.ts";
import type { RemoteSources } from "./remote/open-remote.ts";
import type { SourceDirectory } from "./sources/source-directory.ts";

/** What a service is made with. */
export interface UploadParts {
  database: UploadDatabase;
  /** Where originals go. */
  store: BlobStore;
  /** Where sources lie while they come in, on the same file system. */
  sources: SourceDirectory;
  copyRange: typeof copyRange;
  limits: Limits;
  /** Null where nothing is fetched from addresses. */
  remote: RemoteSources | null;
  disk: Disk;
  proxies: Proxies;
  metadata: MetadataClient;
  transcoding: TranscodingClient;
  /** Without it as `ServiceOptions` says. */
  crossOrigin?: CrossOriginRules;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
  /** An id nobody has. */
  newId: () => string;
}

/** A verb takes the few it uses: `Pick<UploadDeps, "database" | "now">`. */
export interface UploadDeps extends UploadParts {
  rows: ChunkRows;
  /** For the rows that acknowledge bytes. */
  commit: GroupCommit;
  room: Room;
  /** Who is at work on an upload, by its id: a delete asks them all to stop. */
  work: Exclusion;
  /** Who writes to a source, sends a chunk, completes an upload: one at a time for each key. */
  turns: Exclusion;
}
