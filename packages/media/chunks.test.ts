import { describe, expect, test } from "bun:test";
import { type Remaining, remainingChunks } from "./chunks.ts";
import { examplePlan } from "./example-plan.ts";
import { audioUnit, type Chunk, demandedChunk, missingOf } from "./plan.ts";

const nothing = () => false;
const all = ({ opening, rest }: Remaining) => [...opening, ...rest];
const shown = (chunks: Iterable<Chunk>) =>
  [...chunks].map(({ renditions, first, count }) => `${renditions.join("+")} ${first}..${first + count - 1}`);

describe("what is left to make", () => {
  test("opens with the lowest rung and the audio; the other rungs follow, then chunks that grow", () => {
    const { opening, rest } = remainingChunks(examplePlan({ endSeconds: 200 }), nothing);
    expect(shown(opening)).toEqual(["360p 0..0", "audio 0..1"]);
    expect(shown(rest)).toEqual([
      "1080p+720p+480p 0..0",
      "1080p+720p+480p+360p 1..2",
      "1080p+720p+480p+360p 3..6",
      "audio 2..9",
      "1080p+720p+480p+360p 7..14",
      "audio 10..41",
      "1080p+720p+480p+360p 15..22",
      "1080p+720p+480p+360p 23..30",
      "1080p+720p+480p+360p 31..38",
      "1080p+720p+480p+360p 39..45",
      "audio 42..49",
      "1080p+720p+480p+360p 46..51",
    ]);
  });

  test("is halved where it is short, so that two encoders end together", () => {
    const chunks = shown(remainingChunks(examplePlan({ endSeconds: 26 }), nothing).rest);
    // 1 to 12 s and 12 to 26 s: boundaries are the grid's.
    expect(chunks.filter((chunk) => chunk.startsWith("1080p"))).toEqual([
      "1080p+720p+480p 0..0",
      "1080p+720p+480p+360p 1..4",
      "1080p+720p+480p+360p 5..8",
    ]);
  });

  test.each([0.04, 1, 1.001, 1.5, 2.5, 4.04, 8])("never reaches beyond the end of a video of %d s", (endSeconds) => {
    const plan = examplePlan({ endSeconds });
    const ends = new Map(plan.renditions.map((rendition) => [rendition.name, rendition.segmentCount]));
    const held = all(remainingChunks(plan, nothing));
    for (const { renditions, first, count } of held) {
      for (const name of renditions) expect(first + count).toBeLessThanOrEqual(ends.get(name) ?? 0);
    }
    expect(held.length).toBeGreaterThan(1);
  });

  test("is nothing once the ledger has all", () => {
    expect(all(remainingChunks(examplePlan(), () => true))).toEqual([]);
  });

  test("never holds a segment that the ledger has, and holds every other one once, whatever is there", () => {
    const plan = examplePlan({ endSeconds: 200 });
    for (let seed = 1; seed <= 50; seed++) {
      const ledger = new Set<string>();
      for (const rendition of plan.renditions) {
        for (let index = 0; index < rendition.segmentCount; index++) {
          if (
            rendition.kind === "video" &&
            (index * 7 + rendition.name.length * seed * 13 + seed * index * index) % 3 === 0
          )
            ledger.add(`${rendition.name} ${index}`);
        }
      }
      const left = remainingChunks(plan, (rendition, index) => ledger.has(`${rendition} ${index}`));
      const held = all(left).flatMap((chunk) =>
        chunk.renditions.flatMap((rendition) =>
          Array.from({ length: chunk.count }, (_, offset) => `${rendition} ${chunk.first + offset}`),
        ),
      );
      const wanted = plan.renditions.flatMap((rendition) =>
        Array.from({ length: rendition.segmentCount }, (_, index) => `${rendition.name} ${index}`),
      );
      expect(held.sort()).toEqual(wanted.filter((segment) => !ledger.has(segment)).sort());
    }
  });
});

describe("with one key frame in 400 s", () => {
  const plan = examplePlan({ endSeconds: 400, longGops: [{ startSeconds: 0, endSeconds: 400 }] });
  const [rung] = plan.renditions;
  if (!rung) throw new Error("no rendition");

  test("each chunk is as long as what a decoder passes before it", () => {
    const chunks = [...remainingChunks(plan, nothing).rest].filter(({ kind }) => kind === "video");
    expect(shown(chunks).map((chunk) => chunk.split(" ").at(-1))).toEqual([
      ...["0..0", "1..2", "3..6", "7..14", "15..27", "28..53", "54..101"],
    ]);
  });

  test("a demand goes on for as long as the way to it was, as far as it is missing", () => {
    expect(shown([demandedChunk(plan, rung, 40, nothing)])).toEqual(["1080p 40..77"]);
    expect(shown([demandedChunk(plan, rung, 87, nothing)])).toEqual(["1080p 87..101"]);
    expect(shown([demandedChunk(plan, rung, 40, (_, index) => index === 45)])).toEqual(["1080p 40..44"]);
    expect(shown([demandedChunk(plan, rung, 3, nothing)])).toEqual(["1080p 3..5"]);
  });

  test("neither goes beyond the next key frame, from where a decoder may begin", () => {
    const two = examplePlan({
      endSeconds: 400,
      longGops: [
        { startSeconds: 0, endSeconds: 201 },
        { startSeconds: 201, endSeconds: 400 },
      ],
    });
    expect(shown([demandedChunk(two, rung, 40, nothing)])).toEqual(["1080p 40..52"]);
    const sizes = [...remainingChunks(two, nothing).rest].filter(({ kind }) => kind === "video");
    expect(shown(sizes).map((chunk) => chunk.split(" ").at(-1))).toEqual([
      ...["0..0", "1..2", "3..6", "7..14", "15..27", "28..52", "53..60", "61..69", "70..87", "88..101"],
    ]);
  });
});

test("a chunk with holes falls into runs that miss the same renditions", () => {
  const chunk: Chunk = { kind: "video", renditions: ["720p", "360p"], first: 4, count: 5 };
  const ledger = new Set(["360p 4", "720p 6", "360p 6"]);
  expect(shown(missingOf(examplePlan(), chunk, (rendition, index) => ledger.has(`${rendition} ${index}`)))).toEqual([
    "720p 4..4",
    "720p+360p 5..5",
    "720p+360p 7..8",
  ]);
});

test("audio is made in whole units that begin every eight seconds", () => {
  const plan = examplePlan({ endSeconds: 26 });
  expect(audioUnit(plan)).toBe(2);
  expect([1, 2, 3, 5, 6, 8, 10].map((segmentSeconds) => audioUnit({ ...plan, segmentSeconds }))).toEqual([
    8, 4, 8, 8, 4, 1, 4,
  ]);
  const chunk: Chunk = { kind: "audio", renditions: ["audio"], first: 0, count: 7 };
  expect(shown(missingOf(plan, chunk, (_, index) => index !== 3 && index !== 6))).toEqual(["audio 2..3", "audio 6..6"]);
});

test("a demand is for the asked rendition from the asked segment on, as far as it is missing", () => {
  const plan = examplePlan({ endSeconds: 100 });
  const [rung] = plan.renditions;
  const audio = plan.renditions.at(-1);
  if (!rung || !audio) throw new Error("no rendition");
  expect(shown([demandedChunk(plan, rung, 10, nothing)])).toEqual(["1080p 10..12"]);
  expect(shown([demandedChunk(plan, rung, 10, (_, index) => index === 11)])).toEqual(["1080p 10..10"]);
  expect(shown([demandedChunk(plan, rung, 26, nothing)])).toEqual(["1080p 26..26"]);
  expect(shown([demandedChunk(plan, audio, 3, nothing)])).toEqual(["audio 2..5"]);
});
