/** Uploads a file the way the seed document does, in as many chunks as asked. */
import type { System } from "./system.ts";

/** An answer other than 200 to any of the calls. */
export class UploadError extends Error {
  override name = "UploadError";
  readonly status: number;
  /** What the service says of it; empty when it says nothing. */
  readonly detail: string;

  constructor(route: string, status: number, body: string) {
    super(`${route} answered ${status}: ${body}`);
    this.status = status;
    this.detail = detailIn(body);
  }
}

/**
 * @returns the id of the video, once its upload is complete
 * @throws UploadError
 */
export async function uploadFile(system: System, path: string, chunkCount = 1): Promise<string> {
  const file = Bun.file(path);
  const filename = path.slice(path.lastIndexOf("/") + 1);
  const post = async (route: string, fields: Record<string, string | Blob>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const response = await fetch(`${system.url.upload}/upload/${route}`, { method: "POST", body: form });
    if (!response.ok) throw new UploadError(route, response.status, await response.text());
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

function detailIn(body: string): string {
  try {
    return String((JSON.parse(body) as { detail?: string }).detail ?? "");
  } catch {
    return "";
  }
}
