import * as z from "zod";
import { jsonPointer } from "../parsed";
import type { AccountSettings } from "../rotation/account-config";
import type { DiscoveryConfig, Profiles } from "../rotation/discovery/discovery-config";
import { type FleetConfig, noFleetLimits } from "../rotation/fleet/fleet-config";
import { completeAccount, type ConfigurationSchema, configurationSchema } from "./schema/configuration-schema";
import { checkTogether, type ConfigurationRules } from "./checks/cross-checks";
import { resolveDiscovery } from "./schema/discovery-schema";
import { resolveFleet } from "./schema/fleet-schema";
import { resolveListed } from "./listed-accounts";
import { asObject, textOfPolicy } from "./merge";
import { listOf, type Path, type Report, valid } from "./checks/parts";
import { ConfiguredProfiles } from "./profiles";

/** What the configuration says. */
export interface Configuration {
  readonly accounts: readonly AccountSettings[];
  /** What completes accounts that are found by a tag. */
  readonly profiles: Profiles;
  /** Null where only listed accounts are rotated. */
  readonly discovery: DiscoveryConfig | null;
  readonly fleet: FleetConfig;
}

/** A key is shown only in the form of a key: anything else, a secret too, may have been pasted there. */
const hasKeyForm = (key: string): boolean => /^[$_A-Za-z][\w$-]{0,39}$/.test(key);

const reportUnknownKeys = (path: readonly PropertyKey[], keys: readonly string[], report: Report): void => {
  const remedy = "remove it or correct its spelling; rotation.schema.json lists the keys";
  for (const key of keys) {
    if (hasKeyForm(key)) report([...path, key], `is not a known key: ${remedy}`);
    else report(path, `holds a key that is not known: ${remedy}`);
  }
};

/** The configuration is read once in a process: compiling the schema would cost more than it saves. */
const once = { jitless: true };

const checkForm = (schema: z.ZodType, value: unknown, path: Path, report: Report): boolean => {
  const issues = schema.safeParse(value, once).error?.issues ?? [];
  for (const issue of issues) {
    const at = [...path, ...issue.path];
    if (issue.code === "unrecognized_keys") reportUnknownKeys(at, issue.keys, report);
    else report(at, issue.message);
  }
  return issues.length === 0;
};

/**
 * Each account by itself, so that no second list of all of them is in memory. Where one has the right form, only the
 * identity is checked of the others with its policy.
 */
const checkForms = ({ shape }: ConfigurationSchema, accounts: readonly unknown[], report: Report): void => {
  const { element } = shape.accounts.unwrap();
  const { name, resourceId, secret } = element.shape;
  const identity = z.object({ name, resourceId, secret });
  const sound = new Set<string>();
  accounts.forEach((account, i) => {
    const policy = textOfPolicy(asObject(account));
    if (sound.has(policy) && valid(identity, account) !== null) return;
    if (checkForm(element, account, ["accounts", i], report)) sound.add(policy);
  });
};

/**
 * A configuration that has been read from JSON. All problems go to `report` at once, each with the JSON pointer of its
 * place; the result is null then.
 */
export const resolveConfiguration = (
  configuration: unknown,
  rules: ConfigurationRules,
  report: (at: string, problem: string) => void,
): Configuration | null => {
  let sound = true;
  const reportAt: Report = (path, problem) => {
    sound = false;
    report(jsonPointer(path), problem);
  };
  const complete = completeAccount(rules);
  const schema = configurationSchema(complete, rules);
  const listed = listOf(asObject(configuration)["accounts"]);
  checkForm(schema, listed.length === 0 ? configuration : { ...asObject(configuration), accounts: [] }, [], reportAt);
  checkForms(schema, listed, reportAt);
  checkTogether(complete, configuration, rules, reportAt);
  if (!sound) return null;
  const { defaults, profiles, accounts, discovery, fleet } = asObject(configuration);
  const context = { defaults, profiles, rules };
  const { shape } = schema;
  return {
    accounts: resolveListed(complete, context, listOf(accounts)),
    profiles: new ConfiguredProfiles(complete, context),
    discovery: discovery === undefined ? null : resolveDiscovery(shape.discovery.unwrap().parse(discovery, once)),
    fleet: fleet === undefined ? noFleetLimits : resolveFleet(shape.fleet.unwrap().parse(fleet, once)),
  };
};
