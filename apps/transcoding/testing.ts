/** A transcoding service with the real ffmpeg, a real ledger and a real metadata service, in a test's own directory. */
import { mkdir } from "node:fs/promises";
import { type Run, run } from "@video-backend/media";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { type Clip, makeClip, type World } from "@video-backend/testing";
import { assembleTranscoding, recover } from "./assemble.ts";
import { createTranscodingClient } from "./client.ts";
import { openTranscodingDatabase } from "./database/open.ts";
import { createTranscodingService } from "./service.ts";

export interface TestTranscodingOptions {
  metadata?: ReturnType<typeof createTestMetadata>;
  metadataIsAway?: () => boolean;
  /** In place of the real one, for an encoder that must fail on purpose. */
  run?: Run;
  segmentSeconds?: number;
}

/** Closed with the world. Making a second one in the same world, after `close`, is a restart. */
export async function createTestTranscoding(world: World, options: TestTranscodingOptions = {}) {
  const metadata = options.metadata ?? createTestMetadata(world, options.metadataIsAway);
  const database = openTranscodingDatabase(world.path("transcoding.db"));
  const deps = assembleTranscoding({
    database,
    store: createDirectoryStore(world.directory),
    storageDirectory: world.directory,
    metadata: metadata.client,
    run: options.run ?? run,
    settings: { segmentSeconds: options.segmentSeconds ?? 1, x264Preset: "ultrafast", threads: 1, processes: 2 },
    log: world.log,
    now: () => Date.now() / 1000,
  });
  let open = true;
  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    await deps.engine.close();
    database.$client.close();
  }
  world.defer(close);
  await recover(deps);
  const service = createTranscodingService(deps);
  const client = createTranscodingClient({
    baseUrl: "http://transcoding.test",
    fetch: (request) => service.fetch(request),
  });
  return { service, client, deps, metadata, close };
}

/** Puts a clip where upload would have put it, and registers it. */
export async function placeOriginal(
  world: World,
  metadata: ReturnType<typeof createTestMetadata>,
  videoId: string,
  clip: Clip = {},
  filename = "clip.mp4",
): Promise<string> {
  await mkdir(world.path("originals", videoId), { recursive: true });
  await metadata.client.videos.$post({ json: { hash: videoId, filename } });
  return makeClip(world.path("originals", videoId, filename), { width: 320, height: 180, ...clip });
}
