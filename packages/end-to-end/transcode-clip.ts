/** One source through the transcoding service within this process, for tests that look at what its videos became. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { videoRenditions } from "@video-backend/media";
import type { World } from "@video-backend/testing";
import { createTestTranscoding } from "@video-backend/transcoding/testing";

export interface Transcoded {
  plan: { renditions: { name: string; width: number; height: number }[] };
  /** The file of init and all segments of 360p, which any decoder reads. */
  joined: string;
}

/**
 * @param make writes the source to this path; its name's ending is the container
 * @throws Error with the job's reason when it did not end well
 */
export async function transcodeClip(
  world: World,
  filename: string,
  make: (path: string) => Promise<unknown>,
): Promise<Transcoded> {
  const { service, ended } = await createTestTranscoding(world, { segmentSeconds: 4 });
  await mkdir(world.path("originals", "a"), { recursive: true });
  await make(world.path("originals", "a", filename));
  await service.request("/transcode/start", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ upload_id: "a", filename }),
  });
  const { error, plan } = await ended("a", 30);
  if (error !== null || plan === null) throw new Error(`The job ended with: ${error}`);

  const folder = world.path("hls", "a", "360p");
  const segments = [...new Bun.Glob("segment-*.m4s").scanSync(folder)].sort();
  const parts = ["init-libx264.mp4", ...segments].map((name) => Bun.file(join(folder, name)).arrayBuffer());
  const joined = world.path("joined.mp4");
  await Bun.write(joined, new Blob(await Promise.all(parts)));
  return { plan: { renditions: videoRenditions(plan) }, joined };
}
