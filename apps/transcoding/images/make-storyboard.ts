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
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { type ImageDeps, runImage } from "./run-image.ts";

type StoryboardDeps = ImageDeps & Pick<TranscodingDeps, "jobs" | "ledger" | "store" | "workspace" | "settings" | "log">;

/** A sheet decodes 25 segments at most. */
const sheetSeconds = 180;

/**
 * Makes the next sheet that is missing, and the index when there is none: a sheet a task, so that the poster of another video
 * comes between two. Does nothing where there is a storyboard already, or no image. A video without one is still a video:
 * what goes wrong is logged, and the step is done.
 */
export async function makeStoryboard(deps: StoryboardDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { videoId } = job;
  try {
    if (await makeNextSheet(deps, videoId, job.plan, signal)) return;
    deps.changes.tell(videoId, "tracks");
  } catch (error) {
    signal.throwIfAborted();
    deps.log.warn({ videoId, reason: messageOf(error) }, "the storyboard could not be made");
  }
  await deps.jobs.markStepDone(videoId, "storyboard");
}

/** Answers true where another sheet is to be made. */
async function makeNextSheet(
  deps: StoryboardDeps,
  videoId: string,
  plan: Plan | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (!plan || (await deps.store.exists(streamKey(videoId, storyboardFile)))) return false;
  const ledger = await deps.ledger.list(videoId);
  const laidOut = storyboardOf(plan, ledger);
  if (!laidOut) return false;
  const { rendition, board } = laidOut;
  for (let sheet = 0; sheet < sheetCount(board); sheet++) {
    const key = streamKey(videoId, sheetPath(sheet));
    if (await deps.store.exists(key)) continue;
    const runs = sheetRuns(board, sheet, segmentsOf(ledger, rendition));
    await makeSheet(deps, videoId, { board, runs, rendition: rendition.name, key }, signal);
    return true;
  }
  await deps.store.put(streamKey(videoId, storyboardFile), storyboardVtt(board));
  return false;
}

interface Sheet {
  board: Storyboard;
  runs: TileRun[];
  /** Name of the rendition that the tiles are made of. */
  rendition: string;
  key: string;
}

/** One ffmpeg over the segments in which the tiles of this sheet lie. */
function makeSheet(deps: StoryboardDeps, videoId: string, sheet: Sheet, signal: AbortSignal): Promise<void> {
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
    await runImage(deps, { ...run, directory: deps.store.locate(renditionKey(videoId, rendition)) }, signal);
    if ((await stat(target)).size === 0) throw new Error(`Sheet ${key} came out empty`);
    await deps.store.adopt(target, key);
  });
}
