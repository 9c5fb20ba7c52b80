/** An outcome against the expectation: sentences for all that differs, and the figures that a report shows. Pure. */
import { checkRungs, rungName } from "./check-rungs.ts";
import { checkTimeline } from "./check-timeline.ts";
import { checkTimes, type Timing } from "./check-times.ts";
import { type Expectation, mayFail } from "./expectation.ts";
import type { Outcome } from "./outcome.ts";

export interface Verdict {
  /** Empty when all is as it should be. */
  differences: string[];
  timing: Timing | null;
}

/** A file that cannot be used is turned away within this, in seconds. */
const rejectionSeconds = 5;

export function judge(expectation: Expectation, outcome: Outcome): Verdict {
  if (outcome.end === "ok") return judgeStream(expectation, outcome);
  const differences: string[] = [];
  const { end, reason, seconds } = outcome;
  if (end === "unfinished") return { differences: [`It never ended: ${reason}`], timing: null };
  if (reason.trim() === "") differences.push(`It ended as ${end} without a reason`);
  if (!mayFail(expectation)) differences.push(`It should be ok and is ${end}: ${reason}`);
  if (expectation === "error" && seconds > rejectionSeconds) {
    differences.push(`It was turned away after ${seconds.toFixed(1)} s; ${rejectionSeconds} s are allowed`);
  }
  return { differences, timing: null };
}

function judgeStream(expectation: Expectation, { looked, lookError }: Outcome): Verdict {
  if (expectation === "error") return { differences: ["It should be turned away and is ok"], timing: null };
  if (!looked) return { differences: [lookError ?? "Nobody looked at the stream"], timing: null };
  const { videos, audios } = looked.stream;
  const isAudioAlone = expectation === "audio" || expectation === "audio-or-error" || !looked.source.video;
  const source = { ...looked.source, video: isAudioAlone ? null : looked.source.video };
  const timing = checkTimes(videos, audios, source);
  const differences = [...timing.differences];
  if (expectation === "video" && !source.video) differences.push("No frame of the source's video could be decoded");
  if (source.video) differences.push(...checkRungs(videos, audios, source.video));
  else if (videos.length > 0) differences.push(`There is no video, and yet the master lists ${videos.length} rungs`);
  if (videos.length + audios.length === 0) differences.push("The master lists nothing that plays");
  for (const rendition of [...videos, ...audios]) {
    const [first, ...more] = rendition.decodeErrors;
    const count = more.length > 0 ? `, and ${more.length} lines more` : "";
    if (first !== undefined) differences.push(`${rungName(rendition)}: ffmpeg says "${first}"${count}`);
    differences.push(...checkTimeline(rungName(rendition), rendition.segments));
    if (!rendition.ended) differences.push(`${rungName(rendition)}: the playlist has no end`);
  }
  return { differences, timing };
}
