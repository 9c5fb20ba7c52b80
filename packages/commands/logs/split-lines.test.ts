import { expect, test } from "bun:test";
import { splitLines } from "./split-lines.ts";

async function linesOf(...pieces: Uint8Array[]): Promise<string[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return await Array.fromAsync(splitLines(stream));
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("lines are whole however the bytes are cut, even within a letter", async () => {
  const text = bytes("erste\n\nübrig\r\nende");
  const expected = ["erste", "", "übrig", "ende"];
  for (let cut = 0; cut <= text.length; cut++) {
    expect(await linesOf(text.subarray(0, cut), text.subarray(cut))).toEqual(expected);
  }
});

test("nothing is no line", async () => {
  expect(await linesOf()).toEqual([]);
});
