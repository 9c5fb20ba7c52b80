/** The multipart form of a chunk, however its bytes are cut into pieces. */
import { expect, test } from "bun:test";
import { readChunkForm } from "./form.ts";

/** Reads the form from a body that comes in these pieces. */
async function read(pieces: Uint8Array[], type = "multipart/form-data; boundary=edge") {
  const waiting = pieces.values();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = waiting.next();
      if (done) controller.close();
      // A copy: what was read is freed.
      else controller.enqueue(new Uint8Array(value));
    },
  });
  const request = new Request("http://upload.test", { method: "POST", headers: { "content-type": type }, body });
  const file: Buffer[] = [];
  let before: Record<string, string> | undefined;
  const fields = await readChunkForm(request, 60, async (known, part) => {
    before = known;
    for await (const bytes of part) file.push(Buffer.from(bytes));
  });
  return { fields, before, file: Buffer.concat(file).toString("latin1") };
}

const bytes = (text: string) => Buffer.from(text, "latin1");
const field = (name: string, value: string) =>
  `--edge\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const filePart = (content: string, more = "") =>
  `--edge\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n${more}\r\n${content}\r\n`;

/** All beginnings of what ends a part, and line breaks, none of which is the end. */
const content = `\r\n--edg\r\n--\r\n-\r\n\r\r\n--edgE\r--edge\n--edge--edge\r\n--ed${String.fromCharCode(0, 255)}\r\n--edg`;
const form = `${field("upload_id", "film")}${filePart(content)}${field("index", "3")}--edge--\r\n`;
const expected = { fields: { upload_id: "film", index: "3" }, before: { upload_id: "film" }, file: content };

test("a form is read the same wherever its body is cut", async () => {
  const all = bytes(form);
  expect(await read([all])).toEqual(expected);
  expect(await read([...all].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  for (let at = 1; at < all.length; at++) expect(await read([all.subarray(0, at), all.subarray(at)])).toEqual(expected);
});

test("a form that is cut off anywhere before its closing boundary is an error", async () => {
  const all = bytes(form);
  for (let length = 0; length < form.lastIndexOf("--\r\n") + 2; length++) {
    await expect(read([all.subarray(0, length)])).rejects.toMatchObject({ code: "malformed_request" });
  }
});

test("what stands around the form, an empty file, a quoted boundary and further headers change nothing", async () => {
  const around = `before\r\n${field("index", "1")}${filePart("", "Content-Type: video/mp4\r\nX: --edge\r\n")}--edge--after`;
  const read1 = await read([bytes(around)], 'Multipart/Form-Data; charset=utf-8; boundary="edge"');
  expect(read1).toEqual({ fields: { index: "1" }, before: { index: "1" }, file: "" });
  const spaced = form.replaceAll("--edge\r\nContent", "--edge \t\r\nContent");
  expect(await read([bytes(spaced)])).toEqual(expected);
});

test("a file is one by its name or its type", async () => {
  const byType = `--edge\r\ncontent-type:application/octet-stream\r\ncontent-disposition:form-data;name=file\r\n\r\nabc\r\n--edge--`;
  expect((await read([bytes(byType)])).file).toBe("abc");
  const noFile = `${field("file", "abc")}--edge--`;
  await expect(read([bytes(noFile)])).rejects.toMatchObject({ code: "invalid_request" });
});

test("what is no such form, or has too much beside its file, is refused without being held", async () => {
  const end = `${filePart("abc")}--edge--`;
  const refused = [
    field("index", "1".repeat(5000)) + end,
    Array.from({ length: 30 }, () => field("index", "1")).join("") + end,
    `--edge\r\nx: ${"y".repeat(20_000)}\r\n\r\n${end}`,
    `--edgeless\r\n\r\nabc\r\n${end}`,
    `--edge\r\ncontent-disposition: attachment; name="file"\r\n\r\nabc\r\n${end}`,
    `--edge\r\n\r\nabc\r\n${end}`,
  ];
  for (const text of refused) {
    await expect(read([bytes(text)])).rejects.toMatchObject({ code: expect.stringMatching(/malformed|invalid/) });
  }
  for (const type of ["multipart/form-data", "multipart/mixed; boundary=edge", "text/plain"]) {
    await expect(read([bytes(form)], type)).rejects.toMatchObject({ code: "malformed_request" });
  }
});
