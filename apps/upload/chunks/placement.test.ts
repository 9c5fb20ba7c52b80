/**
 * The promise of the rule: chunks of a file, in any order, some twice, with whatever was declared, end in the file's bytes
 * or in an error. The property is tried on many files, each of which its seed tells.
 */
import { describe, expect, test } from "bun:test";
import { createRandom, type Random } from "@video-backend/testing";
import { fits, type Layout, type Place, placementAgain, placementOf } from "./placement.ts";

const layout = (known: Partial<Layout> = {}): Layout => ({
  totalChunks: 4,
  fileSizeBytes: null,
  chunkSize: null,
  leading: { count: 0, bytes: 0, equalBytes: null },
  ...known,
});

const placeOf = (known: Partial<Layout>, index: number, sizeBytes: number | null): Partial<Place> | string => {
  const placement = placementOf(layout(known), index, sizeBytes);
  return placement.kind === "placed" ? placement.place : placement.kind;
};

describe("where a chunk belongs", () => {
  const declared = { bytes: 10, from: "init" as const };
  test.each([
    ["the first one, always at the start", {}, 0, null, { offset: 0, atLeastBytes: 0 }],
    ["by the declared size", { chunkSize: declared }, 2, null, { offset: 20, atLeastBytes: 10, atMostBytes: 10 }],
    ["the last one may be of any size", { chunkSize: declared }, 3, null, { offset: 30, atLeastBytes: 0 }],
    ["the last one fills the file", { chunkSize: declared, fileSizeBytes: 34 }, 3, null, { atMostBytes: 4 }],
    ["the last one may have the remainder", { chunkSize: declared, fileSizeBytes: 45 }, 3, null, { atLeastBytes: 15 }],
    ["after all before it", { leading: { count: 2, bytes: 7, equalBytes: null } }, 2, null, { offset: 7 }],
    ["by the size of those before", { leading: { count: 1, bytes: 9, equalBytes: 9 } }, 3, null, { offset: 27 }],
    ["by its own size", {}, 2, 8, { offset: 16, learnsBytes: 8 }],
    ["the last one by the file's", { fileSizeBytes: 34 }, 3, 4, { offset: 30, learnsBytes: 10 }],
  ] as const)("%s", (_, known, index, sizeBytes, expected) => {
    expect(placeOf(known as Partial<Layout>, index, sizeBytes)).toMatchObject(expected);
  });

  test.each([
    ["its own size has yet to come", {}, 2, null, "size-needed"],
    ["the last one, alone", {}, 3, 4, "unknown"],
    ["those before differ", { leading: { count: 2, bytes: 7, equalBytes: null } }, 3, 4, "unknown"],
    ["the rest cannot be divided", { fileSizeBytes: 35 }, 3, 4, "unknown"],
    ["so many are more than the file", { fileSizeBytes: 20 }, 1, 8, "unknown"],
    ["an empty one tells nothing", {}, 2, 0, "unknown"],
  ] as const)("unknown: %s", (_, known, index, sizeBytes, expected) => {
    expect(placeOf(known as Partial<Layout>, index, sizeBytes)).toBe(expected);
  });
});

interface Sent {
  index: number;
  bytes: string;
}

/** A file cut as some client might cut it: mostly equal, sometimes not. */
function chunksOf(random: Random): Sent[] {
  const total = 1 + random.below(7);
  const size = random.below(5);
  const isUnequal = random.chance(0.3);
  return Array.from({ length: total }, (_, index) => {
    const isLast = index === total - 1;
    const length = isLast ? random.below(9) : isUnequal ? random.below(6) : size;
    return { index, bytes: Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join("") };
  });
}

/** Puts chunks where the rule says, as the service does: one that it refuses is left out. */
function store(first: Layout) {
  const source: string[] = [];
  const rows = new Map<number, { offset: number; sizeBytes: number }>();
  let known = first;
  function take({ index, bytes }: Sent): boolean {
    const present = rows.get(index);
    let place: Place;
    if (present) place = placementAgain(known, index, present);
    else {
      const placement = placementOf(known, index, bytes.length);
      if (placement.kind !== "placed") return false;
      place = placement.place;
    }
    if (!fits(place, bytes.length)) return false;
    for (const [at, character] of [...bytes].entries()) source[place.offset + at] = character;
    rows.set(index, { offset: place.offset, sizeBytes: bytes.length });
    if (place.learnsBytes !== null) known = { ...known, chunkSize: { bytes: place.learnsBytes, from: "chunks" } };
    else if (!known.chunkSize) known = { ...known, leading: leadingOf([...rows.values()]) };
    return true;
  }
  const sizeBytes = () => [...rows.values()].reduce((sum, row) => sum + row.sizeBytes, 0);
  return { take, isWhole: () => rows.size === first.totalChunks, text: () => source.slice(0, sizeBytes()).join("") };
}

function leadingOf(rows: { sizeBytes: number }[]): Layout["leading"] {
  const bytes = rows.reduce((sum, row) => sum + row.sizeBytes, 0);
  const sizes = new Set(rows.map((row) => row.sizeBytes));
  return { count: rows.length, bytes, equalBytes: sizes.size === 1 ? (rows[0]?.sizeBytes ?? null) : null };
}

test("any order, sizes and repetition end in the source's bytes or in an error, never in other bytes", () => {
  let whole = 0;
  for (let seed = 1; seed <= 20_000; seed++) {
    const random = createRandom(seed);
    const sent = chunksOf(random);
    const text = sent.map((chunk) => chunk.bytes).join("");
    const size = sent[0]?.bytes.length ?? 0;
    const isEqual = sent.slice(0, -1).every((chunk) => chunk.bytes.length === size) && size > 0;
    const taken = store(
      layout({
        totalChunks: sent.length,
        fileSizeBytes: random.chance(0.5) ? text.length : null,
        chunkSize: isEqual && sent.length > 1 && random.chance(0.4) ? { bytes: size, from: "init" } : null,
      }),
    );
    const order = random.chance(0.3) ? [...sent] : [...sent].sort(() => random.below(3) - 1);
    const repeated = sent.filter(() => random.chance(0.3));
    // A client sends what was refused again once the others are there.
    for (const chunk of [...order, ...repeated, ...sent]) taken.take(chunk);
    if (!taken.isWhole()) continue;
    whole++;
    expect({ seed, text: taken.text() }).toEqual({ seed, text });
  }
  expect(whole).toBeGreaterThan(15_000);
});

test("a file whose chunks are equal is always taken, whatever the order, once its first chunk is sent again", () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = createRandom(seed);
    const [total, size] = [1 + random.below(9), 1 + random.below(6)];
    const sent = Array.from({ length: total }, (_, index) => ({
      index,
      bytes: String.fromCharCode(97 + index).repeat(index === total - 1 ? random.below(size + 1) : size),
    }));
    const taken = store(layout({ totalChunks: total }));
    const order = [...sent].sort(() => random.below(3) - 1);
    for (const chunk of [...order, ...order]) taken.take(chunk);
    expect({ seed, isWhole: taken.isWhole() }).toEqual({ seed, isWhole: true });
    expect(taken.text()).toBe(sent.map((chunk) => chunk.bytes).join(""));
  }
});
