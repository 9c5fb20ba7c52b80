/** Ratios as ffprobe writes them. */

/** `30000/1001` or `4:3` as a number; 0 for what is none, such as `0/0` and nothing at all. */
export function ratio(text: string | number | undefined): number {
  const [above = 0, below = 0] = String(text ?? "")
    .split(/[/:]/)
    .map(Number);
  return above && below ? above / below : 0;
}
