/** Uploads a file the way the seed document does, in as many chunks as asked. */
import type { System } from "./system.ts";

/** @returns the id of the video, once its upload is complete */
export async function uploadFile(system: System, path: string, chunkCount = 1): Promise<string> {
  const file = Bun.file(path);
  const filename = path.slice(path.lastIndexOf("/") + 1);
  const post = async (route: string, fields: Record<string, string | Blob>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const response = await fetch(`${system.url.upload}/upload/${route}`, { method: "POST", body: form });
    if (!response.ok) throw new Error(`${route} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Record<string, string>;
  };
  const { upload_id = "" } = await post("init", { filename, total_chunks: String(chunkCount) });
  const chunkBytes = Math.ceil(file.size / chunkCount);
  const indexes = Array.from({ length: chunkCount }, (_, index) => index);
  await Promise.all(
    indexes.map((index) => {
      const chunk = file.slice(index * chunkBytes, Math.min(file.size, (index + 1) * chunkBytes));
      return post("chunk", { upload_id, index: String(index), file: chunk });
    }),
  );
  const { hash = "" } = await post("complete", { upload_id });
  return hash;
}
