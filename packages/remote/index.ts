export {
  type AddressRules,
  type AllowedTargets,
  addressesOfThisMachine,
  parseAllowedTargets,
  type Resolve,
  resolveBySystem,
} from "./addresses.ts";
export { openRemote, type RemoteAnswer, type RequestRules } from "./open-remote.ts";
export { hostOf, invalidUrl, parseRemoteUrl, withoutQuery } from "./remote-url.ts";
