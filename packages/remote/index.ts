export {
  type AddressRules,
  type AllowedTargets,
  addressesOfThisMachine,
  findAddresses,
  parseAllowedTargets,
  type Resolve,
  resolveBySystem,
} from "./addresses.ts";
export { openRemote, type RemoteAnswer, type RemoteRequest, type RequestRules, sendRemote } from "./open-remote.ts";
export { hostOf, invalidUrl, parseRemoteUrl, withoutQuery } from "./remote-url.ts";
export { addressRulesOf, remoteSettings } from "./setting.ts";
