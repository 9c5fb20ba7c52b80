/** A transcoding service with the real ffmpeg, a real ledger and a real metadata service, in a test's own directory. */
import { mkdir } from "node:fs/promises";
import { type Encoder, libx264, type RateControl, type Run, run } from "@video-backend/media";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { databaseFiles, folders } from "@video-backend/storage/layout";
import { type Clip, makeClip, until, type World } from "@video-backend/testing";
import { assembleTranscoding } from "./assemble.ts";
import { createTranscodingClient } from "./client.ts";
import { openTranscodingDatabase } from "./database/open.ts";
import { proveEncoders } from "./encoding/machine.ts";
import { createTranscodingService } from "./service.ts";
import { isActive } from "./states.ts";

export interface TestTranscodingOptions {
  metadata?: ReturnType<typeof createTestMetadata>;
  metadataIsAway?: () => boolean;
  /** In place of the real one, for an encoder that must fail on purpose. */
  run?: Run;
  segmentSeconds?: number;
  rateControl?: RateControl;
  encoders?: Encoder[];
  freeBytes?: () => Promise<number>;
}

const proven = { exitCode: 0, signalName: null, timedOut: false, errors: "" };

/** Closed with the world. Making a second one in the same world, after `close`, is a restart. */
export async function createTestTranscoding(world: World, options: TestTranscodingOptions = {}) {
  const metadata = options.metadata ?? createTestMetadata(world, options.metadataIsAway);
  const settings = {
    segmentSeconds: options.segmentSeconds ?? 1,
    rateControl: options.rateControl ?? ("quality" as const),
    x264Preset: "ultrafast",
    threads: 1,
    allThreads: 2,
    processes: 2,
  };
  const now = () => Date.now() / 1000;
  const database = openTranscodingDatabase(world.path(databaseFiles.transcoding));
  const transcoding = assembleTranscoding({
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
    await transcoding.close();
    database.$client.close();
  }
  world.defer(close);
  await transcoding.recover();
  const service = createTranscodingService(transcoding.deps);
  const client = createTranscodingClient({
    baseUrl: "http://transcoding.test",
    fetch: (request) => service.fetch(request),
  });
  const { deps, idle } = transcoding;
  /** The job of a video when nothing is left to do. */
  const ended = (videoId: string, seconds: number) =>
    until(
      `the job of ${videoId} has ended`,
      async () => {
        const job = await deps.jobs.find(videoId);
        return job && !isActive(job.state) && job;
      },
      seconds,
    );
  return { service, client, deps, idle, ended, metadata, close };
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
