/** The same bytes sent to each contestant: equal pieces, so many at a time, from one buffer that nobody has to read. */
import { pieceBytes } from "./sizes.ts";

const piece = new Uint8Array(pieceBytes).map((_, index) => (index * 31) % 251);

/** Sends `count` pieces; `send` carries the one with this index, and rejects when it is not taken; `sender` is one of those at once. */
export async function sendPieces(
  count: number,
  atOnce: number,
  send: (index: number, bytes: Uint8Array<ArrayBuffer>, sender: number) => Promise<void>,
): Promise<void> {
  const waiting = Array.from({ length: count }, (_, index) => index).values();
  const work = async (sender: number) => {
    for (const index of waiting) await send(index, piece, sender);
  };
  await Promise.all(Array.from({ length: atOnce }, (_, sender) => work(sender)));
}

/** A request that has to be answered well. */
export async function request(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${init.method} ${url} answered ${response.status}: ${await response.text()}`);
  return response;
}

/** Our own: raw chunks of one upload. */
export async function beginOurs(url: string, count: number, signal: AbortSignal): Promise<string> {
  const body = JSON.stringify({
    filename: "bench.mp4",
    total_chunks: count,
    file_size: count * pieceBytes,
    chunk_size: pieceBytes,
  });
  const headers = { "content-type": "application/json" };
  const response = await request(`${url}/upload/init`, { method: "POST", headers, body, signal });
  return ((await response.json()) as { upload_id: string }).upload_id;
}

export async function putChunk(url: string, id: string, index: number, body: Uint8Array<ArrayBuffer>): Promise<void> {
  await (await request(`${url}/upload/${id}/chunks/${index}`, { method: "PUT", body })).text();
}

/** Our own: chunks as forms, as the contract's clients send them. One of these sends one at a time, from one buffer. */
export function createFormSender(url: string, id: string) {
  const boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW1";
  const part = (disposition: string) => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  const digits = 6;
  const start = `${part('name="upload_id"')}${id}\r\n${part('name="index"')}`;
  const head = `${start}${"0".repeat(digits)}\r\n${part('name="file"; filename="blob"')}`;
  const end = `\r\n--${boundary}--\r\n`;
  const body = new Uint8Array(head.length + pieceBytes + end.length);
  const write = (text: string, at: number) => void new TextEncoder().encodeInto(text, body.subarray(at));
  write(head, 0);
  body.set(piece, head.length);
  write(end, head.length + pieceBytes);
  return async (index: number): Promise<void> => {
    write(String(index).padStart(digits, "0"), start.length);
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    await (await request(`${url}/upload/chunk`, { method: "POST", headers, body })).text();
  };
}

export async function complete(url: string, id: string): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ upload_id: id });
  await (await request(`${url}/upload/complete`, { method: "POST", headers, body })).text();
}

/** tus has no parallel parts in the library: so many uploads at a time, each of its share of the pieces in order. */
export async function sendByTus(url: string, count: number, atOnce: number): Promise<void> {
  const upload = async (sender: number) => {
    const own = Array.from({ length: count }, (_, index) => index).filter((index) => index % atOnce === sender).length;
    const headers = { "tus-resumable": "1.0.0" };
    const created = await request(`${url}/files`, {
      method: "POST",
      headers: { ...headers, "upload-length": String(own * pieceBytes) },
    });
    const location = new URL(created.headers.get("location") ?? "", `${url}/files/`);
    location.host = new URL(url).host;
    for (let done = 0; done < own; done++) {
      const offset = String(done * pieceBytes);
      const type = "application/offset+octet-stream";
      await request(location.href, {
        method: "PATCH",
        headers: { ...headers, "upload-offset": offset, "content-type": type },
        body: piece,
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, sender) => upload(sender)));
}
