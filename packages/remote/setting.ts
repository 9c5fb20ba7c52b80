/** What an operator sets for all requests to addresses from outside: one setting for every service that makes some. */
import { messageOf } from "@video-backend/service";
import { z } from "zod";
import { type AddressRules, addressesOfThisMachine, parseAllowedTargets, resolveBySystem } from "./addresses.ts";

const targets = z
  .string()
  .transform((setting, context) => {
    try {
      return parseAllowedTargets(setting);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
      return z.NEVER;
    }
  })
  .optional();

/** For the configuration of a service. */
export const remoteSettings = {
  REMOTE_ALLOW: targets.describe(
    "Hosts, addresses and CIDR ranges that are requested although they are not public: webhooks, files from URLs",
  ),
  /** Its name when only files were fetched. */
  UPLOAD_FROM_URL_ALLOW: targets.describe("REMOTE_ALLOW, where that is not set"),
};

/** The rules that follow: public addresses, and what is allowed besides. */
export function addressRulesOf(config: z.output<z.ZodObject<typeof remoteSettings>>): AddressRules {
  return {
    resolve: resolveBySystem,
    allowed: config.REMOTE_ALLOW ?? config.UPLOAD_FROM_URL_ALLOW ?? parseAllowedTargets(""),
    allowSetting: "REMOTE_ALLOW",
    ownAddresses: addressesOfThisMachine,
  };
}
