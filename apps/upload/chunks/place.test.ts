/**
 * The promise of the rule: chunks of a file, in any order, of any sizes, some twice, some first with other bytes or of another
 * size, with whatever was declared, end in the file's bytes. Nothing is refused but what contradicts a declared size. The
 * property is tried on many files, each of which its seed tells.
 */
import { describe, expect, test } from "bun:test";
import { createRandom, type Random } from "@video-backend/testing";
import { fits, type Layout, offsetOf, sizeBounds } from "./place.ts";
import type { InSource, Neighbours } from "./store.ts";

const layout = (known: Partial<Layout> = {}): Layout => ({
  totalChunks: 4,
  fileSizeBytes: null,
  chunkSizeBytes: null,
  ...known,
});

/** Chunks in the source, of these sizes one behind another; `at` leaves out those that are null. */
function rowsOf(...sizes: (number | null)[]): SourceRows {
  const rows: InSource[] = [];
  let offsetBytes = 0;
  for (const [index, sizeBytes] of sizes.entries()) {
    if (sizeBytes === null) continue;
    rows.push({ index, offsetBytes, sizeBytes });
    offsetBytes += sizeBytes;
  }
  return viewOf(() => rows);
}

type SourceRows = (index: number) => Neighbours;

const viewOf =
  (rows: () => InSource[]): SourceRows =>
  (at) => ({
    before: rows().findLast(({ index }) => index < at) ?? null,
    after: rows().find(({ index }) => index > at) ?? null,
  });

describe("where a chunk goes", () => {
  test.each([
    ["the first one, at the start", {}, rowsOf(), 0, null, 0],
    ["by the declared size, whatever is here", { chunkSizeBytes: 10 }, rowsOf(), 2, null, 20],
    ["behind the one before it, of whatever sizes", {}, rowsOf(3, 0, 4), 3, null, 7],
    ["nowhere yet: the first one is missing", {}, rowsOf(), 1, 5, null],
    ["nowhere yet: one before it is missing", {}, rowsOf(3), 2, 5, null],
    ["nowhere yet: it comes again, and its size is not known", {}, viewOf(() => gap), 1, null, null],
    ["back to its place, when it has the size of what was there", {}, viewOf(() => gap), 1, 4, 3],
    ["nowhere: it has another size than what was there", {}, viewOf(() => gap), 1, 5, null],
  ] as const)("%s", (_, known, rows, index, sizeBytes, offset) => {
    expect(offsetOf(layout(known), rows(index), index, sizeBytes)).toBe(offset);
  });
  const gap: InSource[] = [
    { index: 0, offsetBytes: 0, sizeBytes: 3 },
    { index: 2, offsetBytes: 7, sizeBytes: 2 },
  ];
});

describe("how large a chunk may be", () => {
  const others = (count: number, otherBytes: number) => ({ count, otherBytes });
  const any = [0, Number.POSITIVE_INFINITY];
  test.each([
    ["any, where nothing was declared", {}, 1, others(0, 0), false, any],
    ["as declared", { chunkSizeBytes: 10 }, 1, others(0, 0), false, [10, 10]],
    ["any, for the last of declared ones", { chunkSizeBytes: 10 }, 3, others(0, 0), false, any],
    [
      "what is left for the last of declared ones",
      { chunkSizeBytes: 10, fileSizeBytes: 34 },
      3,
      others(0, 0),
      false,
      [4, 4],
    ],
    ["the remainder for it", { chunkSizeBytes: 10, fileSizeBytes: 45 }, 3, others(0, 0), false, [15, 15]],
    ["what the file leaves", { fileSizeBytes: 34 }, 1, others(2, 30), false, [0, 4]],
    ["what the file leaves, exactly, for the last one", { fileSizeBytes: 34 }, 3, others(3, 30), false, [4, 4]],
    ["what the file could have, when it comes again", { fileSizeBytes: 34 }, 3, others(3, 30), true, [0, 34]],
  ] as const)("%s", (_, known, index, { count, otherBytes }, present, [minBytes, maxBytes]) => {
    const situation = { present, otherBytes, isOnlyMissing: index === 3 && count === 3 && !present };
    expect(sizeBounds(layout(known), index, situation)).toEqual({ minBytes, maxBytes });
  });
});

interface Sent {
  index: number;
  text: string;
}

const textOf = (random: Random, length: number): string =>
  Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join("");

/** A file cut as some client might cut it: mostly equal, sometimes not. */
function chunksOf(random: Random): Sent[] {
  const total = 1 + random.below(7);
  const size = random.below(5);
  const isUnequal = random.chance(0.4);
  return Array.from({ length: total }, (_, index) => {
    const length = index === total - 1 ? random.below(9) : isUnequal ? random.below(6) : size;
    return { index, text: textOf(random, length) };
  });
}

/** An upload by the rule: a source, and chunks beside it that are moved in when they can be. */
function upload(known: Layout) {
  const source: string[] = [];
  const inSource = new Map<number, InSource>();
  const beside = new Map<number, string>();
  const rows = viewOf(() => [...inSource.values()].sort((a, b) => a.index - b.index));
  const sizes = () =>
    new Map([
      ...[...inSource].map(([index, row]) => [index, row.sizeBytes] as const),
      ...[...beside].map(([index, text]) => [index, text.length] as const),
    ]);
  let rebuilds = 0;

  function write(index: number, text: string, offsetBytes: number): void {
    for (const row of inSource.values()) {
      const isApart = offsetBytes + text.length <= row.offsetBytes || row.offsetBytes + row.sizeBytes <= offsetBytes;
      if (row.index !== index && text.length > 0 && row.sizeBytes > 0 && !isApart)
        throw new Error("written over another");
    }
    for (const [at, character] of [...text].entries()) source[offsetBytes + at] = character;
    inSource.set(index, { index, offsetBytes, sizeBytes: text.length });
    beside.delete(index);
  }
  function moveIn(index: number): void {
    for (const at of [index, (rows(known.totalChunks).before?.index ?? -1) + 1]) {
      const text = beside.get(at);
      const offset = text === undefined ? null : offsetOf(known, rows(at), at, text.length);
      if (text === undefined || offset === null) continue;
      write(at, text, offset);
      moveIn(at);
    }
  }
  return {
    /** @returns false for one that contradicts what was declared */
    take({ index, text }: Sent, breaksOff = false): boolean {
      const here = sizes();
      const present = here.delete(index);
      const otherBytes = [...here.values()].reduce((sum, size) => sum + size, 0);
      const isLast = index === known.totalChunks - 1;
      const isOnlyMissing = isLast && !present && here.size === known.totalChunks - 1;
      if (!fits(sizeBounds(known, index, { present, otherBytes, isOnlyMissing }), text.length)) return false;
      const offset = present ? null : offsetOf(known, rows(index), index, null);
      if (breaksOff) {
        // What came of it lies behind the last chunk, or in its own place, and counts for nothing.
        if (offset !== null) for (const at of text.slice(1).split("").keys()) source[offset + at] = "?";
        return true;
      }
      if (offset !== null) write(index, text, offset);
      else {
        inSource.delete(index);
        beside.set(index, text);
      }
      moveIn(index);
      return true;
    },
    complete(): string | null {
      if (sizes().size < known.totalChunks) return null;
      for (const index of [...beside.keys()].sort((a, b) => a - b)) moveIn(index);
      const whole = [...inSource.values()].sort((a, b) => a.index - b.index);
      const isInOrder =
        beside.size === 0 && whole.reduce((end, row) => (row.offsetBytes === end ? end + row.sizeBytes : -1), 0) >= 0;
      const all = [...sizes().keys()].sort((a, b) => a - b);
      if (isInOrder)
        return source
          .slice(
            0,
            whole.reduce((sum, row) => sum + row.sizeBytes, 0),
          )
          .join("");
      rebuilds++;
      return all
        .map((index) => {
          const row = inSource.get(index);
          return (
            beside.get(index) ??
            source.slice(row?.offsetBytes, (row?.offsetBytes ?? 0) + (row?.sizeBytes ?? 0)).join("")
          );
        })
        .join("");
    },
    beside: () => beside.size,
    rebuilds: () => rebuilds,
  };
}

test("any order, sizes and repetition end in the file's bytes, and nothing is refused that fits what was declared", () => {
  let rebuilt = 0;
  for (let seed = 1; seed <= 25_000; seed++) {
    const random = createRandom(seed);
    const sent = chunksOf(random);
    const text = sent.map((chunk) => chunk.text).join("");
    const size = sent[0]?.text.length ?? 0;
    const isEqual = sent.length > 1 && size > 0 && sent.slice(0, -1).every((chunk) => chunk.text.length === size);
    const chunkSizeBytes = isEqual && random.chance(0.4) ? size : null;
    const fileSizeBytes = random.chance(0.4) ? text.length : null;
    const taken = upload(layout({ totalChunks: sent.length, fileSizeBytes, chunkSizeBytes }));
    const order = random.chance(0.3) ? [...sent] : [...sent].sort(() => random.below(3) - 1);
    // Other bytes first, of the same size where sizes were declared; and some that break off.
    const hasSizes = chunkSizeBytes !== null || fileSizeBytes !== null;
    const wrong = order
      .filter(() => random.chance(0.3))
      .map(({ index, text: right }) => ({ index, text: textOf(random, hasSizes ? right.length : random.below(7)) }));
    const again = sent.filter(() => random.chance(0.3));
    for (const chunk of [...wrong, ...order, ...again]) {
      if (random.chance(0.15)) taken.take({ ...chunk, text: chunk.text || "x" }, true);
      expect({ seed, index: chunk.index, taken: taken.take(chunk) }).toEqual({ seed, index: chunk.index, taken: true });
    }
    expect({ seed, text: taken.complete() }).toEqual({ seed, text });
    rebuilt += taken.rebuilds();
    if (chunkSizeBytes !== null) expect({ seed, rebuilds: taken.rebuilds() }).toEqual({ seed, rebuilds: 0 });
  }
  expect(rebuilt).toBeGreaterThan(300);
}, 60_000);

test("in any order, chunks that keep their sizes end in the source, and it is not rebuilt", () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = createRandom(seed);
    const sent = chunksOf(random);
    const taken = upload(layout({ totalChunks: sent.length }));
    for (const chunk of [...sent].sort(() => random.below(3) - 1)) taken.take(chunk);
    expect({ seed, beside: taken.beside() }).toEqual({ seed, beside: 0 });
    for (const chunk of sent.filter(() => random.chance(0.5))) taken.take(chunk);
    expect(taken.complete()).toBe(sent.map((chunk) => chunk.text).join(""));
    expect({ seed, rebuilds: taken.rebuilds(), beside: taken.beside() }).toEqual({ seed, rebuilds: 0, beside: 0 });
  }
}, 60_000);

test("chunks that were cut differently may be replaced by sending all of them again, in any order", () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = createRandom(seed);
    const total = 2 + random.below(4);
    const text = textOf(random, random.below(20));
    const cut = (): Sent[] => {
      const ends = Array.from({ length: total - 1 }, () => random.below(text.length + 1)).sort((a, b) => a - b);
      return Array.from({ length: total }, (_, index) => ({
        index,
        text: text.slice(ends[index - 1] ?? 0, index === total - 1 ? text.length : ends[index]),
      }));
    };
    const taken = upload(layout({ totalChunks: total, fileSizeBytes: text.length }));
    for (const chunk of cut()) expect(taken.take(chunk)).toBeTrue();
    for (const chunk of cut().sort(() => random.below(3) - 1)) expect(taken.take(chunk)).toBeTrue();
    expect({ seed, text: taken.complete() }).toEqual({ seed, text });
  }
}, 60_000);
