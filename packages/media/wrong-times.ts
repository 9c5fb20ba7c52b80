/**
 * Time stamps that cannot be right: one frame hours ahead of its neighbours, or long before them. Each is found by the
 * packets around it, in the order of decoding, and gets the place that is free among them, so that neither its frame nor
 * those behind it are lost. A pause is none: what follows it stays behind it. Nor is a clock that starts anew.
 */

/** A packet, by its place in the order of decoding, and when its frame is shown instead. */
export interface MendedTime {
  packet: number;
  seconds: number;
}

/** No decoder holds back more frames than this (H.264, A.3.1), so that farther than this no order is changed. */
const reach = 16;
/** More than these are no slips. */
const mostMended = 200;

/**
 * @param times in seconds, in the order of decoding; NaN where a packet has none
 * @param usualSeconds between two frames
 * @returns none where so many are wrong that it cannot be told which are right
 */
export function mendedTimes(times: number[], usualSeconds: number): MendedTime[] {
  const wrong = new Set<number>();
  // Of several in a row the last one is seen first.
  for (let found = true; found && wrong.size <= mostMended; ) {
    found = false;
    for (let packet = 0; packet < times.length && wrong.size <= mostMended; packet++) {
      if (wrong.has(packet) || !isFarFromNext(times, packet, wrong, usualSeconds)) continue;
      if (!isWrong(times, packet, wrong, usualSeconds)) continue;
      wrong.add(packet);
      found = true;
    }
  }
  if (wrong.size > mostMended) return [];
  const mended = [...times];
  return [...wrong]
    .sort((a, b) => a - b)
    .map((packet) => {
      const { before, after } = around(mended, packet, wrong);
      const seconds = freePlace(before, after, usualSeconds);
      mended[packet] = seconds;
      wrong.delete(packet);
      return { packet, seconds };
    });
}

/** Seconds by which a wrong time differs at least. */
const leastSlack = 0.2;

/** By which a wrong time differs at least from all that are around it. */
const slackOf = (usualSeconds: number): number => Math.max(leastSlack, 2 * usualSeconds);

/** Which few packets are worth a look, where there are millions. */
function isFarFromNext(times: number[], packet: number, wrong: Set<number>, usualSeconds: number): boolean {
  const time = times[packet] ?? Number.NaN;
  const slack = slackOf(usualSeconds);
  const isFar = (other: number) => wrong.has(other) || !(Math.abs((times[other] ?? time) - time) <= slack);
  return isFar(packet - 1) || isFar(packet + 1);
}

function isWrong(times: number[], packet: number, wrong: Set<number>, usualSeconds: number): boolean {
  const time = times[packet] ?? Number.NaN;
  const { before, after } = around(times, packet, wrong);
  if (Number.isNaN(time) || after.length === 0) return false;
  const isAtEdge = before.length < reach || after.length < reach;
  const slack = isAtEdge ? Math.max(1, (reach + 1) * usualSeconds) : slackOf(usualSeconds);
  const [lastAfter, firstBefore] = [Math.max(...after), Math.min(...before)];
  const isAhead = time > lastAfter + slack && (packet === 0 || before.some((other) => other <= lastAfter));
  const isBehind = time < firstBefore - slack && after.some((other) => other >= firstBefore);
  return isAhead || (isBehind && before.length > 0);
}

/** Times of the packets on both sides that are not known to be wrong. */
function around(times: number[], packet: number, wrong: Set<number>) {
  const side = (step: 1 | -1) => {
    const found: number[] = [];
    for (let other = packet + step; other >= 0 && other < times.length && found.length < reach; other += step) {
      const time = times[other] ?? Number.NaN;
      if (!Number.isNaN(time) && !wrong.has(other)) found.push(time);
    }
    return found;
  };
  return { before: side(-1), after: side(1) };
}

/** Where among its neighbours a frame is missing, as near as can be to what was decoded before it. */
function freePlace(before: number[], after: number[], usualSeconds: number): number {
  const known = [...before, ...after].sort((a, b) => a - b);
  const from = before[0] ?? known[0] ?? 0;
  const free = known.filter((time, position) => (known[position + 1] ?? time) - time > 1.4 * usualSeconds);
  const nearest = free.sort((a, b) => Math.abs(a - from) - Math.abs(b - from))[0];
  if (nearest !== undefined) return nearest + usualSeconds;
  return before.length === 0 ? Math.max(0, from - usualSeconds) : from + Math.min(0.001, usualSeconds / 2);
}
