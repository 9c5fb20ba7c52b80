/** What was sent to a webhook lately, how it went, and sending it again. */
import { announce } from "../shell/announce.tsx";
import { ask, sentenceOf } from "../shell/ask.ts";
import { ago } from "../shell/format.ts";
import { pages } from "../shell/location.ts";
import { here } from "../shell/settings.ts";
import { useLookedAt } from "../shell/use-looked-at.ts";
import { texts } from "../texts.ts";
import type { Delivery, Webhook } from "./webhook.ts";

const words = texts.webhooks.deliveries;
const everySeconds = 3;
const shown = 20;

export function Deliveries({ webhook }: { webhook: Webhook }) {
  const path = `/webhooks/${webhook.id}/deliveries`;
  const { answer, fault, look } = useLookedAt<{ deliveries: Delivery[] }>(`${path}?limit=${shown}`, everySeconds);
  const resend = async ({ id, type }: Delivery) => {
    try {
      await ask(`${path}/${id}/resend`, { method: "POST" });
      announce(words.resent(type));
      look();
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  };
  if (fault.value !== null) return <p class="fault">{fault.value}</p>;
  const deliveries = answer.value?.deliveries;
  if (deliveries?.length === 0) return <p class="muted">{words.none}</p>;
  const { event, state, at } = words.columns;
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">{event}</th>
          <th scope="col">{state}</th>
          <th scope="col">{at}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {deliveries?.map((delivery) => (
          <tr key={delivery.id}>
            <th scope="row">
              {delivery.type}
              <small>
                <a href={here(pages.video(delivery.video_id))}>{delivery.video_id}</a>
              </small>
            </th>
            <td>
              <span class={`state ${delivery.state}`}>{words.states[delivery.state]}</span>
              <small class="reason">{reasonOf(delivery)}</small>
            </td>
            <td>{ago(delivery.created_at, Date.now() / 1000)}</td>
            <td class="end">
              {(delivery.state === "delivered" || delivery.state === "failed") && (
                <button type="button" aria-label={words.resendOf(delivery.type)} onClick={() => resend(delivery)}>
                  {words.resend}
                </button>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function reasonOf({ tries, response_status: status, error, next_try_at: next }: Delivery): string {
  const parts = [words.tries(tries)];
  if (status !== null) parts.push(words.answered(status));
  if (error !== null) parts.push(error);
  if (next !== null && tries > 0) parts.push(words.nextTry(new Date(next * 1000)));
  return parts.join(" · ");
}
