import { Problems } from "../problems";
import { type Environment, SettingsReader } from "./reader";

export const readTablePrefix = (reader: SettingsReader): string =>
  reader.matching("ROTATION_TABLE_PREFIX", "1 to 50 letters and digits, a letter first", (value) =>
    /^[A-Za-z][A-Za-z0-9]{0,49}$/.test(value),
  ) ?? "BatchKey";

/**
 * The queue of the host's storage account through which a tick hands accounts to other instances. Never throws: a
 * wrong prefix is reported like every wrong setting, and must not keep the host from starting the timer.
 */
export const workQueueName = (env: Environment): string =>
  `${readTablePrefix(new SettingsReader(env, new Problems())).toLowerCase()}-work`;

/** Where the host puts a message whose function has failed five times. */
export const lostWorkQueueName = (env: Environment): string => `${workQueueName(env)}-poison`;
