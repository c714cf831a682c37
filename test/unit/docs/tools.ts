import { words } from "../../builders/words";

/** What a command of a tool takes. */
export interface Known {
  /** Each with its short form: `--name/-n`. */
  readonly required?: string;
  readonly optional?: string;
  /** The most words that are no option and no value of one. */
  readonly positional?: number;
}

/** From the Azure CLI's own source, release 2.9x. Of the optional ones, those that a deployment could need. */
const az: Readonly<Record<string, Known>> = {
  "account get-access-token": { optional: "--resource --resource-type --scope --tenant/-t" },
  "account set": { required: "--subscription/-s/--name/-n" },
  "account show": {},
  "ad app create": {
    required: "--display-name",
    optional:
      "--app-roles --enable-access-token-issuance --enable-id-token-issuance --identifier-uris --optional-claims " +
      "--required-resource-accesses --sign-in-audience --web-home-page-url --web-redirect-uris",
  },
  "ad app federated-credential create": { required: "--id --parameters" },
  "ad app update": {
    required: "--id",
    optional: "--display-name --enable-id-token-issuance --identifier-uris --optional-claims --set --web-redirect-uris",
  },
  "ad sp create": { required: "--id" },
  "bicep install": { optional: "--target-platform/-t --version/-v" },
  "cloud set": { required: "--name/-n", optional: "--profile" },
  "cloud show": { optional: "--name/-n" },
  "deployment group create": {
    required: "--resource-group/-g",
    optional:
      "--confirm-with-what-if/-c --mode --name/-n --no-prompt --no-wait --parameters/-p" +
      " --template-file/-f --template-uri/-u",
  },
  "deployment group list": { required: "--resource-group/-g", optional: "--filter" },
  "deployment group show": { required: "--resource-group/-g --name/-n" },
  "deployment group what-if": {
    required: "--resource-group/-g",
    optional:
      "--mode --name/-n --no-pretty-print --parameters/-p --result-format/-r --template-file/-f --template-uri/-u",
  },
  "functionapp deployment source config-zip": {
    required: "--src --resource-group/-g --name/-n",
    optional: "--build-remote --slot/-s --timeout/-t",
  },
  "functionapp function keys list": {
    required: "--function-name --resource-group/-g --name/-n",
    optional: "--slot/-s",
  },
  "functionapp keys list": { required: "--resource-group/-g --name/-n", optional: "--slot/-s" },
  "functionapp list-flexconsumption-locations": { optional: "--details --runtime --zone-redundant/-z" },
  "eventgrid event-subscription create": {
    required: "--name",
    optional:
      "--advanced-filter --deadletter-endpoint --endpoint --event-delivery-schema --event-ttl --included-event-types " +
      "--source-resource-id",
  },
  "functionapp restart": { required: "--resource-group/-g --name/-n", optional: "--slot/-s" },
  "functionapp start": { required: "--resource-group/-g --name/-n", optional: "--slot/-s" },
  "functionapp stop": { required: "--resource-group/-g --name/-n", optional: "--slot/-s" },
  "group create": { required: "--name/-n/--resource-group/-g --location/-l", optional: "--managed-by --tags" },
  "group delete": {
    required: "--name/-n/--resource-group/-g",
    optional: "--force-deletion-types/-f --no-wait --yes/-y",
  },
  "keyvault list-deleted": { optional: "--resource-type" },
  "keyvault recover": { required: "--name/-n", optional: "--location/-l --no-wait --resource-group/-g" },
  "keyvault set-policy": {
    required: "--name/-n",
    optional: "--object-id --resource-group/-g --secret-permissions --spn --upn",
  },
  "lock delete": {
    required: "--name/-n",
    optional: "--resource-group/-g --resource-name/--resource --resource-type",
  },
  login: { optional: "--identity/-i --scope --service-principal --tenant/-t --use-device-code" },
  "keyvault show": { optional: "--hsm-name --name/-n --resource-group/-g" },
  "monitor diagnostic-settings create": {
    required: "--name/-n --resource",
    optional:
      "--event-hub --event-hub-rule --export-to-resource-specific --logs --metrics --resource-group/-g " +
      "--resource-namespace --resource-type --storage-account --workspace",
  },
  "monitor diagnostic-settings delete": {
    required: "--name/-n --resource",
    optional: "--resource-group/-g --resource-namespace --resource-type",
  },
  "monitor diagnostic-settings list": {
    required: "--resource",
    optional: "--resource-group/-g --resource-namespace --resource-type",
  },
  "monitor diagnostic-settings subscription create": {
    required: "--name/-n",
    optional:
      "--event-hub-auth-rule --event-hub-name --location/-l --logs --service-bus-rule --storage-account --workspace",
  },
  "monitor diagnostic-settings subscription delete": { required: "--name/-n", optional: "--yes/-y" },
  "monitor diagnostic-settings subscription list": {},
  "provider register": { required: "--namespace/-n", optional: "--consent-to-permissions/-c --wait" },
  "resource list": { optional: "--location/-l --name/-n --resource-group/-g --resource-type --tag" },
  rest: {
    required: "--uri/--url/-u",
    optional: "--body/-b --headers --method/-m --resource --skip-authorization-header",
  },
  "role assignment create": {
    required: "--role --scope",
    optional: "--assignee --assignee-object-id --assignee-principal-type --condition --description --name/-n",
  },
  "role assignment delete": { required: "--ids", optional: "--yes/-y" },
  "role assignment list": { optional: "--all --assignee --include-groups --role --scope" },
  "role definition create": { required: "--role-definition" },
  "role definition delete": { required: "--name/-n", optional: "--custom-role-only --resource-group/-g --scope" },
  "role definition list": { optional: "--custom-role-only --name/-n --resource-group/-g --scope" },
  "storage account failover": {
    required: "--name/-n",
    optional: "--failover-type --no-wait --resource-group/-g --yes/-y",
  },
};
const azGlobal = "--debug --only-show-errors --output/-o --query --subscription --verbose";

/** From the usage texts in azd's own tests, release 1.32. */
const azd: Readonly<Record<string, Known>> = {
  "auth login": {
    optional: "--check-status --client-id --federated-credential-provider --tenant-id --use-device-code",
  },
  "config set": { positional: 2 },
  deploy: { optional: "--all --from-package --timeout", positional: 1 },
  down: { optional: "--force --purge" },
  "env get-value": { positional: 1 },
  "env get-values": {},
  "env new": { optional: "--location/-l --subscription", positional: 1 },
  "env set": { optional: "--file", positional: 2 },
  "env set-secret": { positional: 1 },
  "pipeline config": {
    optional: "--auth-type --principal-id --principal-name --principal-role --provider --remote-name",
  },
  provision: { optional: "--location/-l --no-state --preview --subscription" },
  up: { optional: "--location/-l --subscription" },
};
const azdGlobal = "--debug --environment/-e --no-prompt";

const others: Readonly<Record<string, Known>> = {
  curl: {
    optional:
      "--data/-d --fail/-f --header/-H --location/-L --output/-o --remote-name-all --request/-X" +
      " --show-error/-S --silent/-s",
    positional: 3,
  },
  "gh attestation verify": { optional: "--owner/-o --repo/-R", positional: 1 },
  "git checkout": { positional: 1 },
  "git log": { optional: "--oneline" },
  "git pull": {},
  "npm ci": {},
  "npm run": { positional: 1 },
  sha256sum: { optional: "--check --ignore-missing", positional: 1 },
  xargs: { optional: "-n -r", positional: 0 },
  zip: { optional: "-j", positional: 2 },
};

const prefixed = (tool: string, commands: Readonly<Record<string, Known>>, global: string) =>
  Object.entries(commands).map(([name, { optional = "", ...rest }]): readonly [string, Known] => [
    `${tool} ${name}`,
    { ...rest, optional: `${optional} ${global}` },
  ]);

const known = new Map<string, Known>([
  ...prefixed("az", az, azGlobal),
  ...prefixed("azd", azd, azdGlobal),
  ...Object.entries(others),
]);

const flags = words(
  "-j --all --check --details --fail --force --ignore-missing --location --no-prompt --oneline" +
    " --preview --purge --silent -r --yes",
);
/** Options of the Azure CLI that take a value where curl's of the same name take none. */
const takesValue = (option: string, command: string): boolean =>
  option === "--location" ? !command.startsWith("curl") : !flags.includes(option) && option !== "--remote-name-all";
const takesSeveral = words(
  "--advanced-filter --headers --identifier-uris --included-event-types" +
    " --parameters --scopes --secret-permissions --set --web-redirect-uris",
);

const spellings = (list = ""): readonly (readonly string[])[] =>
  list
    .split(/\s+/)
    .filter((one) => one !== "")
    .map((one) => one.split("/"));

const longestMatch = (typed: readonly string[]): string | null => {
  for (let count = typed.length; count > 0; count--) {
    const name = typed.slice(0, count).join(" ");
    if (known.has(name)) return name;
  }
  return null;
};

interface Given {
  readonly options: readonly string[];
  readonly positional: number;
}

const givenTo = (command: string, rest: readonly string[]): Given => {
  const options: string[] = [];
  let positional = 0;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] ?? "";
    if (!word.startsWith("-")) positional += 1;
    else {
      options.push(word);
      if (takesValue(word, command)) i += 1;
      while (takesSeveral.includes(word) && rest[i + 1]?.startsWith("-") === false) i += 1;
    }
  }
  return { options, positional };
};

const xargsOwn = (rest: readonly string[]): number => {
  let own = 0;
  while (["-r", "-n"].includes(rest[own] ?? "")) own += rest[own] === "-n" ? 2 : 1;
  return own;
};

/** What is wrong with one command: an unknown one, an option that it lacks or does not have, a word too many. */
export const commandProblems = (typed: readonly string[]): readonly string[] => {
  const text = typed.join(" ");
  const name = longestMatch(typed);
  if (name === null) return [`unknown command: ${text}`];
  const { required, optional, positional: most = 0 } = known.get(name) ?? {};
  const behind = typed.slice(name.split(" ").length);
  // The command that xargs runs is checked apart.
  const { options, positional } = givenTo(name, name === "xargs" ? behind.slice(0, xargsOwn(behind)) : behind);
  const all = [...spellings(required), ...spellings(optional)];
  const missing = spellings(required).filter((one) => !one.some((spelling) => options.includes(spelling)));
  return [
    ...options.filter((option) => !all.some((one) => one.includes(option))).map((option) => `${name} has no ${option}`),
    ...missing.map(([option = ""]) => `${name} needs ${option}: ${text}`),
    ...(positional > most ? [`${name} takes no further word: ${text}`] : []),
  ];
};

/** The command that `xargs` runs, with a value at its end as xargs puts it there. */
export const behindXargs = (typed: readonly string[]): readonly string[] | null => {
  if (typed[0] !== "xargs") return null;
  const rest = typed.slice(1);
  return [...rest.slice(xargsOwn(rest)), "§"];
};

/** The name of the command as `--query` answers are recorded under it. */
export const nameOf = (typed: readonly string[]): string => longestMatch(typed) ?? "";
