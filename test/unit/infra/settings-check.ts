import { settingNames } from "../../../lib/config/settings/setting-names";
import type { Plan } from "./bicep";
import { settingsOf } from "./bicep";

/** Settings that only the platform reads. */
const platformSettings = [
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "AzureWebJobsStorage__blobServiceUri",
  "AzureWebJobsStorage__queueServiceUri",
  "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID",
];

/** Settings that the templates leave to their default, with the reason. */
export const leftOut: Readonly<Record<string, string>> = {
  AzureWebJobsStorage: "a connection string; storage is reached by identity",
  ROTATION_STORAGE: "a connection string; storage is reached by identity",
  ROTATION_STORAGE__accountName: "the address gives the same and works in every cloud",
  ROTATION_EMULATED: "refused in Azure",
  ROTATION_CLAIM: "only with ROTATION_EMULATED",
  ROTATION_QUARANTINE: "only with ROTATION_EMULATED",
  ROTATION_PLATFORM_SYNC: "only with ROTATION_EMULATED",
  NODE_EXTRA_CA_CERTS: "names a file; Azure's certificates need none",
};

/** Problems of the settings of these plans taken together: those of every option, in every cloud. */
export const settingProblems = (plans: readonly Plan[]): readonly string[] => {
  const set = new Set(plans.flatMap((plan) => Object.keys(settingsOf(plan))));
  const known = Object.keys(settingNames);
  const expected = [...known.filter((name) => !(name in leftOut)), ...platformSettings];
  return [
    ...expected.filter((name) => !set.has(name)).map((name) => `${name} is not set`),
    ...[...set].filter((name) => !expected.includes(name)).map((name) => `${name} is set but never read`),
    ...Object.keys(leftOut)
      .filter((name) => !known.includes(name))
      .map((name) => `${name} is listed as omitted but does not exist`),
  ];
};
