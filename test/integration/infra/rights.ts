import type { JournalEntry } from "../../emulators/journal";
import type { Route } from "../../emulators/routes";
import type { Plan } from "../../unit/infra/bicep";
import { allowsAction, type Grant, grantsOf, logActions, matches, type Role } from "./grants";

/**
 * A right as in a role definition, or the reason that the request needs none. `orBy`: what Azure may ask for instead,
 * where nothing documents it; the role has both.
 */
type Right =
  | { readonly action: string; readonly orBy?: string }
  | { readonly dataAction: string }
  | { readonly none: string };

const batch = "Microsoft.Batch/batchAccounts";
const containerApps = "Microsoft.App/containerApps";
const factories = "Microsoft.DataFactory/factories";
const sites = "Microsoft.Web/sites";
const secrets = "Microsoft.KeyVault/vaults/secrets";
const tables = "Microsoft.Storage/storageAccounts/tableServices/tables";
const unknown = { none: "an answer of the emulator only" };
const bySignature = { none: "signed with the Batch key" };
const ofCluster = { none: "asked for by the reporter of pods, whose role is in its manifest" };
const token = { none: "the platform gives every app tokens of its identity" };

/** The right that each request needs in Azure. A new route does not compile without an entry here. */
const rightOf: Readonly<Record<Route, Right>> = {
  "arm.getAccount": { action: `${batch}/read` },
  "arm.listKeys": { action: `${batch}/listkeys/action` },
  "arm.regenerateKeys": { action: `${batch}/regeneratekeys/action` },
  "arm.listPermissions": {
    none: "reads the caller's own rights; if it is refused, the preflight reports them as unknown",
  },
  "arm.queryResources": { action: `${batch}/read` },
  "arm.getContainerApp": { action: `${containerApps}/read` },
  "arm.listRevisions": { action: `${containerApps}/revisions/read` },
  "arm.listReplicas": { action: `${containerApps}/revisions/replicas/read` },
  "arm.getLinkedService": { action: `${factories}/linkedservices/read` },
  "arm.queryPipelineRuns": { action: `${factories}/querypipelineruns/action` },
  "arm.queryActivityRuns": { action: `${factories}/pipelineruns/queryactivityruns/action` },
  "arm.listReferences": { action: `${sites}/config/Read`, orBy: `${sites}/config/appsettings/read` },
  "arm.listConnectionStrings": { action: `${sites}/config/Read`, orBy: `${sites}/config/connectionstrings/read` },
  "arm.refreshReferences": { action: `${sites}/config/configreferences/appsettings/refresh/action` },
  "arm.listInstances": { action: `${sites}/instances/Read` },
  "arm.restartSite": { action: `${sites}/restart/Action` },
  "arm.unknown": unknown,
  "batch.listPools": bySignature,
  "batch.listJobs": bySignature,
  "batch.listJobSchedules": bySignature,
  "batch.listTasks": bySignature,
  "batch.unknown": unknown,
  "vault.challenge": { none: "sent without a token" },
  "vault.setSecret": { dataAction: `${secrets}/setSecret/action` },
  "vault.getSecret": { dataAction: `${secrets}/getSecret/action` },
  "vault.getSecretVersion": { dataAction: `${secrets}/getSecret/action` },
  "vault.updateSecret": { dataAction: `${secrets}/update/action` },
  "vault.listVersions": { dataAction: `${secrets}/readMetadata/action` },
  "vault.deleteSecret": { dataAction: `${secrets}/delete` },
  "vault.getDeletedSecret": { dataAction: `${secrets}/readMetadata/action` },
  "vault.recoverSecret": { dataAction: `${secrets}/recover/action` },
  "vault.unknown": unknown,
  "logs.query": { action: logActions },
  "logs.unknown": unknown,
  "identity.token": token,
  "identity.imds": token,
  "identity.federated": { none: "asked for by the reporter of pods, not by the rotator" },
  "identity.unknown": unknown,
  "kubernetes.listPods": ofCluster,
  "kubernetes.getPod": ofCluster,
  "kubernetes.listStatuses": ofCluster,
  "kubernetes.unknown": unknown,
  "tables.createTable": { action: `${tables}/write` },
  "tables.insert": { dataAction: `${tables}/entities/add/action` },
  "tables.batch": { dataAction: `${tables}/entities/add/action` },
  "tables.update": { dataAction: `${tables}/entities/write` },
  "tables.merge": { dataAction: `${tables}/entities/write` },
  "tables.get": { dataAction: `${tables}/entities/read` },
  "tables.query": { dataAction: `${tables}/entities/read` },
  "tables.delete": { dataAction: `${tables}/entities/delete` },
  "tables.unknown": unknown,
};

const providers: Readonly<Record<string, string>> = {
  arm: "/providers/microsoft.batch/batchaccounts/",
  vault: "/providers/microsoft.keyvault/vaults/",
  tables: "/providers/microsoft.storage/storageaccounts/",
  logs: "/providers/microsoft.operationalinsights/workspaces/",
};

/** The platforms of consumers, by the beginning of the actions on them. */
const platforms: readonly (readonly [string, string])[] = [
  [`${sites}/`, "/providers/microsoft.web/sites/"],
  [`${containerApps}/`, "/providers/microsoft.app/containerapps/"],
  [`${factories}/`, "/providers/microsoft.datafactory/factories/"],
];

/** A pattern of a role must not include these: they answer with values of settings, or change them. */
const kept = [
  `${sites}/config/list/Action`,
  `${sites}/config/snapshots/listsecrets/action`,
  `${sites}/config/snapshots/read`,
  `${sites}/config/web/appsettings/read`,
  `${sites}/config/web/connectionstrings/read`,
  `${sites}/config/Write`,
  `${sites}/config/delete`,
  `${sites}/config/web/appsettings/write`,
  `${sites}/config/web/connectionstrings/write`,
].flatMap((action) => [action, action.replace(`${sites}/`, `${sites}/slots/`)]);

/** As texts; those of a slot are on its own type. */
const textsOfRight = (right: Right, resource: string): readonly string[] => {
  if ("none" in right) return [];
  if ("dataAction" in right) return [right.dataAction];
  const all = right.orBy === undefined ? [right.action] : [right.action, right.orBy];
  return resource.includes("/slots/") ? all.map((action) => action.replace(`${sites}/`, `${sites}/slots/`)) : all;
};

const hasRight = (role: Role, right: Right, text: string): boolean =>
  "dataAction" in right ? role.dataActions.includes(text) : allowsAction(role, text);

/** The resources on which the app needs the right of a route: of platforms those that the configuration names. */
const resourcesOf = (grants: readonly Grant[], route: Route, named: readonly string[]): readonly string[] => {
  const right = rightOf[route];
  const action = "action" in right ? right.action : "";
  const platform = platforms.find(([beginning]) => action.startsWith(beginning));
  if (platform !== undefined) return named.filter((id) => id.includes(platform[1]));
  const provider = providers[route.split(".")[0] ?? ""] ?? "none";
  const resources = [...new Set(grants.map(({ scope }) => scope).filter((scope) => scope.includes(provider)))];
  return resources.length > 0 ? resources : [`a resource: none has a grant for ${route}`];
};

/** Requests of the app that the plan does not allow, and rights of its custom roles that the app does not use. */
export const rightProblems = (
  plan: Plan,
  entries: readonly JournalEntry[],
  named: readonly string[] = [],
): readonly string[] => {
  const grants = grantsOf(plan);
  const needs = [...new Set(entries.map(({ route }) => route))].flatMap((route) => {
    const right = rightOf[route];
    if ("none" in right) return [];
    return resourcesOf(grants, route, named).flatMap((resource) =>
      textsOfRight(right, resource).map((text) => ({ route, right, resource, text })),
    );
  });
  const missing = needs
    .filter(
      ({ right, resource, text }) =>
        !grants.some(({ scope, role }) => scope === resource && hasRight(role, right, text)),
    )
    .map(({ route, resource, text }) => `${route} needs ${text} on ${resource}`);
  const roles = new Set(grants.map(({ role }) => role).filter(({ custom }) => custom));
  const unused = [...roles].flatMap(({ name, actions, dataActions }) =>
    [...actions, ...dataActions]
      .filter((allowed) => !needs.some(({ text }) => matches(allowed, text)))
      .map((allowed) => `${name} allows ${allowed}, which the app never does`),
  );
  const tooMuch = [...roles].flatMap((role) =>
    kept.filter((action) => allowsAction(role, action)).map((action) => `${role.name} allows ${action}`),
  );
  return [...missing, ...unused, ...tooMuch];
};
