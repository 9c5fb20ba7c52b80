/**
 * Makes a video's storyboard, once all its segments are there: a sheet at a time, each put in place when it is whole, and
 * the index last. A sheet that is in place is not made again, so a run that was ended goes on where it was.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type Plan,
  type Storyboard,
  segmentsOf,
  sheetCommand,
  sheetCount,
  sheetRuns,
  storyboardOf,
  storyboardVtt,
  type TileRun,
} from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import { renditionKey, segmentFile, sheetPath, storyboardFile, streamKey } from "@video-backend/storage/layout";
import type { EngineDeps } from "../engine/engine.ts";
import { republish } from "../engine/publish-playlists.ts";
import { runPicture } from "./run-picture.ts";

export interface VideoOfStoryboard {
  videoId: string;
  plan: Plan;
}

/** A sheet decodes 25 segments at most. */
const sheetSeconds = 180;

/**
 * Does nothing where there is one already, or no picture. A video without a storyboard is still a video: whatever happens
 * is logged and goes no further.
 */
export async function makeStoryboard(deps: EngineDeps, video: VideoOfStoryboard, signal: AbortSignal): Promise<void> {
  const { videoId, plan } = video;
  try {
    const ledger = deps.ledger.list(videoId);
    const laidOut = storyboardOf(plan, ledger);
    if (!laidOut || (await deps.store.exists(streamKey(videoId, storyboardFile)))) return;
    const { rendition, board } = laidOut;
    const segments = segmentsOf(ledger, rendition);
    for (let sheet = 0; sheet < sheetCount(board); sheet++) {
      const key = streamKey(videoId, sheetPath(sheet));
      if (await deps.store.exists(key)) continue;
      const runs = sheetRuns(board, sheet, segments);
      // One sheet at a time, so that the poster of another video comes between two.
      await deps.pictures.add(() => makeSheet(deps, videoId, { board, runs, rendition: rendition.name, key }, signal), {
        signal,
      });
    }
    await deps.store.put(streamKey(videoId, storyboardFile), storyboardVtt(board));
    await republish(deps, videoId);
  } catch (error) {
    if (!signal.aborted) deps.log.warn({ videoId, reason: messageOf(error) }, "the storyboard could not be made");
  }
}

interface Sheet {
  board: Storyboard;
  runs: TileRun[];
  /** Name of the rendition that the tiles are made of. */
  rendition: string;
  key: string;
}

/** One ffmpeg over the segments in which the tiles of this sheet lie. */
function makeSheet(deps: EngineDeps, videoId: string, sheet: Sheet, signal: AbortSignal): Promise<void> {
  const { board, runs, rendition, key } = sheet;
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const inputs = runs.map(({ init, segments, ...run }) => {
      const names = [init, ...segments.map(segmentFile)];
      return { ...run, paths: names };
    });
    const target = join(directory, "sheet.jpg");
    const command = sheetCommand(board, inputs, { target, threads: deps.settings.threads });
    const first = runs[0]?.firstTile ?? 0;
    const count = runs.reduce((sum, { tiles }) => sum + tiles, 0);
    const run = { videoId, name: "storyboard", first, count, command, timeoutSeconds: sheetSeconds } as const;
    await runPicture(deps, { ...run, directory: deps.store.locate(renditionKey(videoId, rendition)) }, signal);
    if ((await stat(target)).size === 0) throw new Error(`Sheet ${key} came out empty`);
    await deps.store.adopt(target, key);
  });
}
