/** The geometry of the bit rate's plot: pure, in units of the drawing. */

/** The highest value of the scale: the next round one above what is shown. */
export function topOf(values: readonly (number | null)[][]): number {
  const most = Math.max(1, ...values.flat().map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= most) ?? 10;
  return step * power;
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
  /** Value at the upper edge. */
  top: number;
}

/** A path as steps, one a value: a rate is constant over the time it was measured for. What is not known is a gap. */
export function stepPath(values: readonly (number | null)[], { width, height, top }: Area): string {
  const step = width / Math.max(1, values.length);
  let path = "";
  let isDrawing = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      isDrawing = false;
      continue;
    }
    const y = round(height - (height * value) / top);
    path += `${isDrawing ? "V" : `M${round(index * step)} `}${y}H${round((index + 1) * step)}`;
    isDrawing = true;
  }
  return path;
}

const round = (value: number): number => Math.round(value * 10) / 10;
