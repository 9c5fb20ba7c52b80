/** The geometry of the bit rate's plot: pure, in units of the drawing. */

export interface Scale {
  /** Value at the upper edge: a round one above all that is shown. */
  top: number;
  /** Into so many equal parts it is divided, between round values. */
  parts: number;
}

const scales: Scale[] = [
  { top: 1, parts: 4 },
  { top: 1.5, parts: 3 },
  { top: 2, parts: 4 },
  { top: 3, parts: 3 },
  { top: 4, parts: 4 },
  { top: 5, parts: 5 },
  { top: 6, parts: 3 },
  { top: 8, parts: 4 },
  { top: 10, parts: 5 },
];

/** For all of these values. */
export function scaleFor(values: readonly (number | null)[][]): Scale {
  const most = Math.max(1, ...values.flat().map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(most));
  const { top, parts } = scales.find((scale) => scale.top * power >= most) ?? { top: 10, parts: 5 };
  return { top: top * power, parts };
}

/** Steps of a scale of time: few, and where people would make them. Ends at `seconds`. */
export function timeTicks(seconds: number, most: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find((candidate) => seconds / candidate <= most) ?? Math.ceil(seconds / most);
  const ticks: number[] = [];
  for (let at = 0; at <= seconds; at += step) ticks.push(at);
  return ticks;
}

export interface Area {
  width: number;
  height: number;
  /** Width of one value; the last one may be cut off at the right edge. */
  step: number;
  /** Value at the upper edge. */
  top: number;
}

/** A path as steps, one a value: a rate is constant over the time it was measured for. What is not known is a gap. */
export function stepPath(values: readonly (number | null)[], { width, height, step, top }: Area): string {
  let path = "";
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const y = round(height - (height * value) / top);
    path += `${isDrawing ? "V" : `M${round(index * step)} `}${y}H${round(Math.min(width, (index + 1) * step))}`;
    isDrawing = true;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
