/**
 * Whether the rungs are those that the contract asks for, and whether the master says of them what they are. Pure. The rule
 * is written down here once more, from the contract and not from the product, so that a slip there does not pass here.
 */
import type { InspectedRendition } from "../inspect-stream.ts";
import type { SourceVideo } from "./source-facts.ts";

/** Contract, section "Transcoding": the boxes for landscape, lowest first. */
const boxes = [
  { name: "360p", long: 640, short: 360 },
  { name: "480p", long: 854, short: 480 },
  { name: "720p", long: 1280, short: 720 },
  { name: "1080p", long: 1920, short: 1080 },
];
/** 4:2:0 needs even sides, and square pixels may have been made whole ones before. */
const roundingPixels = 1.5;
const mostAspectError = 0.01;

export const rungName = (rung: InspectedRendition): string => rung.uri.split("/")[0] ?? "";

/** A sentence for each difference. */
export function checkRungs(videos: InspectedRendition[], audios: InspectedRendition[], source: SourceVideo): string[] {
  const names = videos.map(rungName).sort(byHeight);
  const expected = expectedRungs(source);
  const differences = videos.flatMap((rung) => checkRung(rung, audios, source));
  if (names.join() !== expected.join()) {
    const size = `${source.width.toFixed(1)}x${source.height.toFixed(1)}`;
    differences.unshift(`The rungs are ${names.join(", ")}; a source of ${size} gets ${expected.join(", ")}`);
  }
  return differences;
}

/** Those whose shorter side the source has; the lowest one for what is smaller. */
function expectedRungs({ width, height }: SourceVideo): string[] {
  const shorter = Math.round(Math.min(width, height));
  const names = boxes.filter((box) => shorter >= box.short).map((box) => box.name);
  return names.length > 0 ? names : ["360p"];
}

const byHeight = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);

function checkRung(rung: InspectedRendition, audios: InspectedRendition[], source: SourceVideo): string[] {
  const name = rungName(rung);
  const size = `${rung.width}x${rung.height}`;
  const differences: string[] = [];
  const say = (sentence: string) => differences.push(`${name}: ${sentence}`);

  if (rung.attributes.RESOLUTION !== size) say(`RESOLUTION is ${rung.attributes.RESOLUTION}, the video is ${size}`);
  const codecs = [...new Set([rung, ...audios].flatMap((rendition) => rendition.codecStrings))].sort().join();
  const listed = (rung.attributes.CODECS ?? "").split(",").sort().join();
  if (listed !== codecs) say(`CODECS is ${listed}, the streams are ${codecs}`);

  const fitted = fit(source, name);
  const isOff = (side: number, wanted: number) => Math.abs(side - wanted) > roundingPixels;
  if (fitted && (isOff(rung.width, fitted.width) || isOff(rung.height, fitted.height))) {
    say(`it is ${size} and should be ${fitted.width.toFixed(1)}x${fitted.height.toFixed(1)}, rounded`);
  }
  const aspect = (rung.width * rung.pixelAspect) / rung.height;
  const wanted = source.width / source.height;
  // Where a pixel more or less is over 1%, only the size can be judged.
  const rounding = 1 / Math.min(rung.width, rung.height);
  if (Math.abs(aspect / wanted - 1) > Math.max(mostAspectError, 2 * rounding)) {
    say(`its aspect is ${aspect.toFixed(3)}, the source's is ${wanted.toFixed(3)}`);
  }
  return differences;
}

/** The largest size in the rung's box that keeps the shape and is no larger than the source. Not rounded. */
function fit(source: SourceVideo, name: string): { width: number; height: number } | null {
  const box = boxes.find((candidate) => candidate.name === name);
  if (!box) return null;
  const { width, height } = source;
  const scale = Math.min(1, box.long / Math.max(width, height), box.short / Math.min(width, height));
  return { width: width * scale, height: height * scale };
}
