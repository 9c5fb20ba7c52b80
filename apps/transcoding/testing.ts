/** A transcoding service with the real ffmpeg, a real ledger and a real metadata service, in a test's own directory. */
import { mkdir } from "node:fs/promises";
import { type Encoder, libx264, type Run, run } from "@video-backend/media";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { databaseFiles, folders } from "@video-backend/storage/layout";
import { type Clip, makeClip, type World } from "@video-backend/testing";
import { assembleTranscoding, closeTranscoding, recover } from "./assemble.ts";
import { createTranscodingClient } from "./client.ts";
import { openTranscodingDatabase } from "./database/open.ts";
import { proveEncoders } from "./engine/encoder-pool.ts";
import { createTranscodingService } from "./service.ts";

export interface TestTranscodingOptions {
  metadata?: ReturnType<typeof createTestMetadata>;
  metadataIsAway?: () => boolean;
  /** In place of the real one, for an encoder that must fail on purpose. */
  run?: Run;
  segmentSeconds?: number;
  encoders?: Encoder[];
  freeBytes?: () => Promise<number>;
}

const proven = { exitCode: 0, signalName: null, timedOut: false, errors: "" };

/** Closed with the world. Making a second one in the same world, after `close`, is a restart. */
export async function createTestTranscoding(world: World, options: TestTranscodingOptions = {}) {
  const metadata = options.metadata ?? createTestMetadata(world, options.metadataIsAway);
  const settings = {
    segmentSeconds: options.segmentSeconds ?? 1,
    x264Preset: "ultrafast",
    threads: 1,
    allThreads: 2,
    processes: 2,
  };
  const now = () => Date.now() / 1000;
  const database = openTranscodingDatabase(world.path(databaseFiles.transcoding));
  const deps = assembleTranscoding({
    database,
    store: createDirectoryStore(world.directory),
    storageDirectory: world.directory,
    metadata: metadata.client,
    run: options.run ?? run,
    encoders: await proveEncoders({
      encoders: options.encoders ?? [libx264],
      choice: "auto",
      run: () => Promise.resolve(proven),
      settings,
      now,
    }),
    disk: {
      lowWaterBytes: 1,
      freeBytes: options.freeBytes ?? (() => Promise.resolve(2)),
      totalBytes: () => Promise.resolve(4),
    },
    settings,
    log: world.log,
    now,
  });
  let open = true;
  async function close(): Promise<void> {
    if (!open) return;
    open = false;
    await closeTranscoding(deps);
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
  await mkdir(world.path(folders.originals, videoId), { recursive: true });
  await metadata.client.videos.$post({ json: { hash: videoId, filename } });
  return makeClip(world.path(folders.originals, videoId, filename), { width: 320, height: 180, ...clip });
}
