/** The five services: how each is, why one is not well, and where its reference is. */
import { here, serviceNames, settings } from "../shell/settings.ts";
import { vitals } from "../shell/vitals.ts";
import { texts } from "../texts.ts";

const words = texts.system;

export function Services() {
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{words.services}</h2>
        <p class="muted">{words.servicesWords}</p>
      </div>
      <table class="rows">
        <tbody>
          {serviceNames.map((name) => {
            const vital = vitals.value?.services[name];
            const isBlind = name !== "admin" && vitals.value?.services.admin.status === "unavailable";
            const status = isBlind ? undefined : vital?.status;
            return (
              <tr key={name}>
                <th scope="row">
                  {words.names[name]}
                  <small>{words.duties[name]}</small>
                </th>
                <td>
                  <span class={`state ${status ?? "unknown"}`}>{status ? words[status] : "–"}</span>
                  {vital?.reason && !isBlind && <small class="reason">{vital.reason}</small>}
                  {!isBlind && vital && vital.unreached.length > 0 && (
                    <small class="reason">{words.unreached(vital.unreached)}</small>
                  )}
                </td>
                <td class="end">
                  {/* Where keys are needed, admin's address may be the only one that is reached. */}
                  {(settings.auth !== "keys" || name === "admin") && (
                    <a
                      href={name === "admin" ? here("/docs") : `${settings.addresses[name]}/docs`}
                      target="_blank"
                      rel="noreferrer"
                    >
                      {words.reference}
                      <span class="sr">: {words.names[name]}</span>
                    </a>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
