import { describe, expect, test } from "bun:test";
import { createRandom } from "@video-backend/testing";
import { examplePlan } from "../example-plan.ts";
import { plannedSeconds, plannedStartSeconds, type Rendition } from "../plan.ts";
import { createGrowingLists } from "./growing-lists.ts";
import type { LedgerSegment } from "./listed-segments.ts";
import { manifest } from "./manifest.ts";
import { masterPlaylist } from "./master-playlist.ts";
import { mediaPlaylist } from "./media-playlist.ts";
import { nextInitFile } from "./next-init.ts";

const plan = examplePlan({ width: 854, height: 480, endSeconds: 60 });
const encoder = "libx264";

/** A row that is what the plan says. */
function rowOf(rendition: Rendition, index: number, more: Partial<LedgerSegment> = {}): LedgerSegment {
  const { name, codec } = rendition;
  return {
    ...{
      rendition: name,
      index,
      codec,
      bytes: 1000,
      keyFrameBytes: 0,
      samples: 10,
      init: nextInitFile(rendition, encoder),
    },
    startSeconds: plannedStartSeconds(plan, rendition, index),
    durationSeconds: plannedSeconds(plan, rendition, index),
    ...more,
  };
}

describe("the lists of a video that is being made", () => {
  test("are those that all rows together make, after each row, in whatever order and however they differ from the plan", () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = createRandom(seed);
      const lists = createGrowingLists(plan, encoder);
      const rows: LedgerSegment[] = [];
      const texts = new Map<string, string>();
      const all = plan.renditions.flatMap((rendition) =>
        Array.from({ length: rendition.segmentCount }, (_, index) => ({ rendition, index, order: random.next() })),
      );
      const entriesOf = () => [
        masterPlaylist(plan, rows, "making"),
        manifest(plan, rows, { state: "making", encoder }),
      ];
      let written = entriesOf();
      for (const { rendition, index } of all.sort((a, b) => a.order - b.order)) {
        const row = rowOf(rendition, index, {
          ...(random.chance(0.1) ? { durationSeconds: 1 + random.below(7) } : {}),
          ...(random.chance(0.1) ? { bytes: 0, init: "" } : {}),
          ...(random.chance(0.1) ? { init: "init-other.mp4", codec: "avc1.4d401f" } : {}),
        });
        rows.push(row);
        lists.enter(row);
        for (const [name, text] of lists.changedPlaylists()) texts.set(name, text);
        for (const one of plan.renditions) {
          const own = rows.filter(({ rendition: name }) => name === one.name);
          const text = mediaPlaylist(plan, one, own, "making", nextInitFile(one, encoder));
          expect(texts.get(one.name) ?? "").toBe(text);
        }
        const { areDescribedAnew, areTimedAnew } = lists.changedEntries();
        const now = entriesOf();
        // What it says to be the same is the same.
        if (!areDescribedAnew) expect(now[0]).toBe(written[0] ?? null);
        if (!areDescribedAnew && !areTimedAnew) expect(now[1]).toBe(written[1] ?? null);
        written = now;
      }
    }
  });

  test("do not change while segments come out as planned, until a rendition is whole", () => {
    const lists = createGrowingLists(plan, encoder);
    expect([...lists.changedPlaylists()].map(([name]) => name)).toEqual(plan.renditions.map(({ name }) => name));
    expect(lists.changedEntries()).toEqual({ areDescribedAnew: true, areTimedAnew: true });
    const [rung] = plan.renditions;
    if (!rung) throw new Error("The plan has no rendition");
    for (let index = 0; index < rung.segmentCount - 1; index++) {
      lists.enter(rowOf(rung, index));
      expect([...lists.changedPlaylists()]).toEqual([]);
      expect(lists.changedEntries()).toEqual({ areDescribedAnew: false, areTimedAnew: false });
    }
    lists.enter(rowOf(rung, rung.segmentCount - 1));
    expect(lists.changedEntries()).toEqual({ areDescribedAnew: true, areTimedAnew: false });
  });

  test("tell a peak above all before, once", () => {
    const lists = createGrowingLists(plan, encoder);
    lists.changedEntries();
    const [rung] = plan.renditions;
    if (!rung) throw new Error("The plan has no rendition");
    const peaks = [9_000_000, 1000, 9_000_000].map((bytes, position) => {
      lists.enter(rowOf(rung, 4 + 3 * position, { bytes }));
      return lists.changedEntries().areDescribedAnew;
    });
    expect(peaks).toEqual([true, false, false]);
  });
});
