/** What encoders do and what waits for them, how the videos stand, and the room on the disk. */
import { percent, size } from "../shell/format.ts";
import { useLookedAt } from "../shell/use-looked-at.ts";
import { texts } from "../texts.ts";
import type { QueueState } from "./state.ts";

const words = texts.system;
const everySeconds = 3;

export function QueueAndDisk() {
  const { answer, fault } = useLookedAt<QueueState>("/transcode/queue", everySeconds);
  const state = answer.value;
  return (
    <>
      <section class="panel">
        <h2>{words.queue}</h2>
        {fault.value && <p class="muted">{words.unknown}</p>}
        <Queue state={state} />
      </section>
      <section class="panel">
        <h2>{words.disk}</h2>
        <Disk disk={state?.disk ?? null} />
      </section>
    </>
  );
}

function Queue({ state }: { state: QueueState | null }) {
  const number = (value: number | undefined) => value ?? "–";
  const jobs = state ? Object.entries(state.jobs).filter(([, count]) => count > 0) : [];
  return (
    <>
      <table class="figures-table">
        <thead>
          <tr>
            <td />
            <th scope="col">{words.working}</th>
            <th scope="col">{words.waiting}</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{words.background}</th>
            <td>{number(state?.processes.running)}</td>
            <td>{number(state?.processes.waiting)}</td>
          </tr>
          <tr>
            <th scope="row">{words.demanded}</th>
            <td>{number(state?.demands.running)}</td>
            <td>{number(state?.demands.waiting)}</td>
          </tr>
        </tbody>
      </table>
      <p class="muted">
        {words.jobs}:{" "}
        {jobs.length > 0
          ? jobs.map(([name, count]) => `${count} ${words.jobStates[name as keyof QueueState["jobs"]]}`).join(", ")
          : "–"}
      </p>
    </>
  );
}

function Disk({ disk }: { disk: QueueState["disk"] | null }) {
  const used = disk && disk.total_bytes > 0 ? 1 - disk.free_bytes / disk.total_bytes : 0;
  const isLow = disk !== null && disk.free_bytes < disk.low_water_bytes;
  return (
    <>
      <p class="disk-figure">{disk ? words.diskFree(disk.free_bytes, disk.total_bytes) : size(null)}</p>
      <div class={`bar disk ${isLow ? "bad" : ""}`} role="img" aria-label={words.diskLabel(percent(used, 1))}>
        <span style={{ transform: `scaleX(${used})` }} />
      </div>
      <p class={isLow ? "fault" : "muted"}>{isLow ? words.diskLow : disk && words.diskWords(disk.low_water_bytes)}</p>
    </>
  );
}
