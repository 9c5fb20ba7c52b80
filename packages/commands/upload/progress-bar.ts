/** How far an upload is, as one line. Pure; `screen.ts` puts it where people see it. */

export interface SendingProgress {
  sentBytes: number;
  totalBytes: number;
  /** Sent in this run, which a resumed upload began in the middle. */
  sentNowBytes: number;
  secondsNow: number;
}

const barWidth = 24;

/** @example "[############            ]  50%  12.0 of 24.0 MB  4.0 MB/s  0:03 left" */
export function progressBar({ sentBytes, totalBytes, sentNowBytes, secondsNow }: SendingProgress): string {
  const share = totalBytes === 0 ? 1 : sentBytes / totalBytes;
  const filled = Math.floor(share * barWidth);
  const bar = `[${"#".repeat(filled)}${" ".repeat(barWidth - filled)}]`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const line = `${bar} ${percent}  ${megabytes(sentBytes)} of ${megabytes(totalBytes)} MB`;
  const bytesPerSecond = secondsNow > 0 ? sentNowBytes / secondsNow : 0;
  if (bytesPerSecond === 0) return line;
  const secondsLeft = Math.ceil((totalBytes - sentBytes) / bytesPerSecond);
  return `${line}  ${megabytes(bytesPerSecond)} MB/s  ${duration(secondsLeft)} left`;
}

/** 10^6 bytes, as disks and lines are sold. */
const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

/** @example duration(3725) === "1:02:05" */
export function duration(seconds: number): string {
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : parts.join(":").replace(/^0/, "");
}
