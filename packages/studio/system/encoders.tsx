/** The encoders in the order of preference, and ffmpeg's words about those that are out. */

import { type LookedAt, useLookedAt } from "../shell/use-looked-at.ts";
import { texts } from "../texts.ts";
import type { Encoder } from "./state.ts";

const words = texts.system;
const everySeconds = 10;

export const useEncoders = () => useLookedAt<{ encoders: Encoder[] }>("/transcode/encoders", everySeconds);

export function Encoders({ answer, fault }: LookedAt<{ encoders: Encoder[] }>) {
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{words.encoders}</h2>
        <p class="muted">{fault.value ? words.unknown : words.encodersWords}</p>
      </div>
      <table class="rows encoders">
        <tbody>
          {answer.value?.encoders.map(({ name, state, reason }) => (
            <tr key={name}>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td>
                <span class={`state ${state}`}>{words.encoderStates[state]}</span>
                {reason && <small class="reason">{reason}</small>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
