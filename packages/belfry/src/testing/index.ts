export {
  type SimulatedGap,
  type SimulateOptions,
  simulate,
  type World,
  type WorldTriggerOptions,
} from "./simulate.ts";
export type { CommandCall, CommandStub } from "./stub-commands.ts";
