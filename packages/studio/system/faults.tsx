/** What went wrong lately, each with the video that it is about. */
import { ago } from "../shell/format.ts";
import { pages } from "../shell/location.ts";
import { here } from "../shell/settings.ts";
import { useLookedAt } from "../shell/use-looked-at.ts";
import { texts } from "../texts.ts";
import type { RecentFault } from "./state.ts";

const words = texts.system;
const everySeconds = 10;

export function Faults() {
  const { answer, fault } = useLookedAt<{ faults: RecentFault[] }>("/transcode/faults?limit=20", everySeconds);
  const faults = answer.value?.faults ?? [];
  return (
    <section class="panel">
      <h2>{words.faults}</h2>
      {fault.value && <p class="muted">{words.unknown}</p>}
      {answer.value && faults.length === 0 && <p class="muted">{words.faultsNone}</p>}
      <ul class="fault-list">
        {faults.map(({ upload_id, filename, at, what, encoder, message }) => (
          <li key={`${upload_id} ${at} ${message}`}>
            <p>
              <a href={here(pages.video(upload_id))}>{filename}</a>{" "}
              <small>
                {[words.faultWhat[what], ...(encoder ? [encoder] : []), ago(at, Date.now() / 1000)].join(" · ")}
              </small>
            </p>
            <p class="message">{message}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
