/** Waiting until services say that they can do their work. Whoever waits also wants to know why it takes so long. */
import { messageOf } from "@video-backend/service";

const secondsBetween = 0.1;
const secondsForAnAnswer = 5;

/** Asks until the service at this address is healthy; null then, or the reason when `signal` ends the waiting. */
export async function untilHealthy(address: string, signal: AbortSignal): Promise<string | null> {
  for (;;) {
    const reason = await reasonOfIllness(address);
    if (reason === null || signal.aborted) return reason;
    await new Promise((resolve) => setTimeout(resolve, secondsBetween * 1000));
  }
}

/** Null when it is healthy. */
async function reasonOfIllness(address: string): Promise<string | null> {
  try {
    const response = await fetch(`${address}/health`, { signal: AbortSignal.timeout(secondsForAnAnswer * 1000) });
    return response.ok ? null : `answers ${response.status}: ${await response.text()}`;
  } catch (error) {
    return messageOf(error);
  }
}
