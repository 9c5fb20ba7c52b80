/** What was run for a video, in words, each with the whole command: read when somebody opens it. */
import { useSignal } from "@preact/signals";
import { ask, sentenceOf } from "../shell/ask.ts";
import { ago, took } from "../shell/format.ts";
import { texts } from "../texts.ts";
import type { Attempt } from "./transcoding.ts";

const words = texts.video.attempts;
const shown = 30;

export function Attempts({ id }: { id: string }) {
  const attempts = useSignal<Attempt[] | null>(null);
  const fault = useSignal<string | null>(null);
  const read = async (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open) return;
    try {
      const answer = await ask<{ attempts: Attempt[] }>(`/transcode/${id}/attempts?limit=${shown}`);
      attempts.value = answer.attempts;
      fault.value = null;
    } catch (error) {
      fault.value = sentenceOf(error);
    }
  };
  return (
    <details class="panel attempts" onToggle={read}>
      <summary>
        <h2>{words.heading}</h2>
      </summary>
      {fault.value && <p class="fault">{fault.value}</p>}
      {attempts.value?.length === 0 && <p class="muted">{words.none}</p>}
      {attempts.value && attempts.value.length > 0 && (
        <>
          <p class="muted">{words.words(attempts.value.length)}</p>
          <ol>
            {attempts.value.map((attempt) => (
              <Row key={`${attempt.started_at} ${attempt.renditions}`} attempt={attempt} />
            ))}
          </ol>
        </>
      )}
    </details>
  );
}

function Row({ attempt }: { attempt: Attempt }) {
  const { renditions, first_segment: first, segment_count: count, demanded, encoder, seconds, fault } = attempt;
  const facts = [
    encoder,
    ...(count > 0 ? [words.segments(first, count)] : []),
    took(seconds),
    ago(attempt.started_at, Date.now() / 1000),
    ...(demanded ? [words.demanded] : []),
  ];
  return (
    <li class={fault && fault !== "stopped" ? "bad" : ""}>
      <p>
        <strong>{renditions.join(", ")}</strong> <span class="muted">{facts.join(" · ")}</span>
      </p>
      {fault && (
        <p class="fault">
          {words.faults[fault]} ({words.exit(attempt.exit_code)})
        </p>
      )}
      {attempt.errors && <pre>{attempt.errors}</pre>}
      <details>
        <summary>{words.command}</summary>
        <pre>{["ffmpeg", ...attempt.arguments].join(" ")}</pre>
      </details>
    </li>
  );
}
