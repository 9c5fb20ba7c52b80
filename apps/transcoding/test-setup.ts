/** What the tests of this service share: a world with the service in it, and the questions asked of a job. */
import { readdir, stat } from "node:fs/promises";
import { createWorld, transcript, until } from "@video-backend/testing";
import type { TranscodingStatus } from "./contract.ts";
import { createTestTranscoding, type TestTranscodingOptions } from "./testing.ts";

export async function setup(options: TestTranscodingOptions = {}) {
  const world = createWorld();
  const transcoding = await createTestTranscoding(world, options);
  const send = transcript(transcoding.service);
  const statusOf = async (id: string): Promise<TranscodingStatus> => (await send(`GET /transcode/status/${id}`)).body;
  return {
    world,
    ...transcoding,
    send,
    statusOf,
    start: (upload_id: string, more: object = {}) =>
      send("POST /transcode/start", { json: { upload_id, filename: "clip.mp4", ...more } }),
    demand: (id: string, quality: string, segment: number) =>
      send(`POST /transcode/${id}/demand`, { json: { quality, segment } }),
    overall: (id: string, state: TranscodingStatus["overall"]) =>
      until(`${id} is ${state}`, async () => {
        const status = await statusOf(id);
        return status.overall === state && status;
      }),
    /** Waits until something of it is made. */
    made: (id: string) => until(`${id} has a segment`, async () => (await statusOf(id)).progress > 0),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Inode and time of every segment below a folder, by path: a file that was made again has others. */
export async function segmentsIn(folder: string): Promise<Map<string, string>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const segments = names.filter((name) => name.endsWith(".m4s"));
  const entries = segments.map(async (name) => {
    const { ino, mtimeMs } = await stat(`${folder}/${name}`);
    return [name, `${ino} ${mtimeMs}`] as const;
  });
  return new Map(await Promise.all(entries));
}
