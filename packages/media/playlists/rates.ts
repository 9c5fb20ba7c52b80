/** Rates of a rendition in bits a second: measured once all of it is made, before that as planned. */
import type { Rendition } from "../plan.ts";
import { existing, isWhole, type LedgerSegment, segmentsOf } from "./listed-segments.ts";

/** Bits a second: the peak and the mean (RFC 8216, 4.3.4.2). */
export interface Rates {
  peak: number;
  average: number;
}

/**
 * As the encoder was told until all is made: of a constant quality the cap alone is known. Of audio the peak is a tenth above
 * the mean then.
 */
export function ratesOf(rendition: Rendition, ledger: LedgerSegment[]): Rates {
  const made = existing(segmentsOf(ledger, rendition));
  if (made.length > 0 && isWhole(rendition, ledger)) return measuredRates(made);
  const [ceilingKbps, meanKbps] =
    rendition.kind === "audio"
      ? [Math.ceil(rendition.kbps * 1.1), rendition.kbps]
      : [rendition.maxrateKbps, rendition.quality === undefined ? rendition.videoKbps : rendition.maxrateKbps];
  return { peak: Math.ceil(Math.max(peakRate(made), ceilingKbps * 1000)), average: meanKbps * 1000 };
}

/** @param segments in order, at least one */
export function measuredRates(segments: Pick<LedgerSegment, "bytes" | "durationSeconds">[]): Rates {
  const bits = sum(segments, ({ bytes }) => bytes * 8);
  const seconds = sum(segments, ({ durationSeconds }) => durationSeconds);
  return { peak: Math.ceil(peakRate(segments)), average: Math.ceil(bits / seconds) };
}

const sum = <Item>(items: Item[], value: (item: Item) => number): number =>
  items.reduce((total, item) => total + value(item), 0);

/** Of any run of segments that lasts between half the target duration and one and a half (RFC 8216, 4.1); 0 where there is none. */
export function peakRate(
  segments: Pick<LedgerSegment, "bytes" | "durationSeconds">[],
  target = segments.reduce((longest, { durationSeconds }) => Math.max(longest, durationSeconds), 0),
): number {
  let peak = 0;
  for (const first of segments.keys()) {
    let bits = 0;
    let seconds = 0;
    for (let index = first; index < segments.length; index++) {
      const { bytes = 0, durationSeconds = 0 } = segments[index] ?? {};
      bits += bytes * 8;
      seconds += durationSeconds;
      if (seconds > 1.5 * target) break;
      if (seconds >= 0.5 * target) peak = Math.max(peak, bits / seconds);
    }
  }
  return peak;
}
